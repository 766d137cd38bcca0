package cases

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// newProofIntrospectionLab returns a lab that introspects bound tokens.
func newProofIntrospectionLab(t *testing.T, frameworks []Framework, mode middleware.IntrospectionMode) *proofLab {
	t.Helper()
	as := testserver.New(t)
	a := newIntrospectionLab(t, frameworks, as, introspectionMode(mode), func(s *setup) {
		s.verifier.Origins, s.verifier.Resource, s.verifier.DPoP = []string{apiURL}, apiURL, new(dpop.Policy)
	})
	return &proofLab{lab: a.lab, proofMode: proofsOn, client: newClient(t, "ES256"), other: newClient(t, "ES256"), as: as}
}

// answering sets the introspection response of a token and returns the token.
// pairs contains names of members, each followed by its value.
func (l *proofLab) answering(token string, pairs ...any) string {
	l.as.SetIntrospection(token, introspectionResponse(pairs...))
	return token
}

// opaqueTokensAreBound tests opaque tokens that are bound to a key by the cnf
// member of the introspection response (RFC 9449 §6.2).
func opaqueTokensAreBound(t *testing.T, frameworks []Framework) {
	l := newProofIntrospectionLab(t, frameworks, middleware.IntrospectOpaque)
	issued := l.as.Token(testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("read"), testserver.BoundTo(l.key))
	stolen := l.as.Token(testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("read"), testserver.BoundTo(l.other.key))
	unbound := l.as.Token(testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("read"))
	inactive := l.as.Token(testserver.OpaqueTokens(), testserver.BoundTo(l.key))
	l.as.Revoke(inactive)
	cnf := json.RawMessage(l.cnf())
	asBearer := l.refuses(401, "invalid_token", needsProof, bothSchemes)
	proved := func(name, token string, want verdict, options ...testserver.TokenOption) row {
		return on(name, l.proved("/read", token, options...), want)
	}
	for _, g := range []group{
		{"D01", "a bound opaque token is not a bearer token, whoever asks for its introspection", []row{
			on("a bound opaque token as bearer", at("/read", "Bearer "+issued), asBearer),
			on("cnf without token_type as bearer", at("/read", "Bearer "+l.answering(canary+"-1", "cnf", cnf)), asBearer),
			on("cnf with token_type Bearer as bearer", at("/read", "Bearer "+l.answering(canary+"-2", "cnf", cnf, "token_type", "Bearer")), asBearer),
			on("token_type DPoP without cnf as bearer", at("/read", "Bearer "+l.answering(canary+"-3", "token_type", "DPoP")), l.refuses(401, "invalid_token", "token is not an access token", bearerScheme)),
		}},
		{"D02", "a bound opaque token needs a proof", []row{on("a bound opaque token without a proof", at("/read", "DPoP "+issued), l.badProof(notAProof))}},
		{"D04", "an opaque token without cnf is not bound", []row{
			proved("an unbound opaque token", unbound, l.badToken(notBound)),
			proved("token_type DPoP without cnf", canary+"-3", l.badToken("token is not an access token")),
		}},
		{"D05", "cnf in the answer binds an opaque token", []row{
			proved("a right proof", issued, alice("/read")),
			proved("a right proof, and token_type Bearer", canary+"-2", alice("/read")),
			proved("a right proof, and token_type in lower case", l.answering(canary+"-4", "cnf", cnf, "token_type", "dpop"), alice("/read")),
			proved("a stolen token with a proof by another key", stolen, l.badToken(otherKey)),
			proved("a certificate in cnf, too", l.answering(canary+"-5", "cnf", json.RawMessage(`{"jkt":"`+l.jkt+`","x5t#S256":"`+l.jkt+`"}`)), l.badToken(uncheckable)),
			proved("cnf of another type", l.answering(canary+"-6", "cnf", canary), l.badToken(uncheckable)),
		}},
		{"D12", "ath is the hash of the opaque token", []row{
			proved("the ath of another token", issued, l.badProof(otherRequest), testserver.With("dpop-ath-other-token")),
			proved("no ath", issued, l.badProof(otherRequest), testserver.With("dpop-ath-missing")),
		}},
		{"D19", "a token that is not active is not valid, whatever its proof is", []row{
			proved("a revoked opaque token with a good proof", inactive, l.badToken("token is not active")),
			proved("an unknown opaque token with a bad proof", "unknown", l.badToken("token is not active"), testserver.With("dpop-bad-signature")),
		}},
	} {
		l.run(t, g)
	}
}

// Under IntrospectJWTs, cnf may be in the JWT, in the introspection response,
// or in both. If it is in both, the two values must be equal.
func aBindingOfTheAnswerCountsForAJWT(t *testing.T, frameworks []Framework) {
	l := newProofIntrospectionLab(t, frameworks, middleware.IntrospectJWTs)
	ids := 0
	// jwt returns a JWT, and sets the introspection response for this JWT.
	// inToken is the cnf of the JWT. inAnswer is the cnf of the response. ""
	// means no cnf.
	jwt := func(inToken, inAnswer string) string {
		ids++
		token := l.Token(l.Header(), l.Claims("cnf", inToken, "jti", `"`+string(rune('a'+ids))+`"`))
		if inAnswer == "" {
			return l.answering(token)
		}
		return l.answering(token, "cnf", json.RawMessage(inAnswer), "token_type", "DPoP")
	}
	same, another, certificate := l.cnf(), l.other.cnf(), `{"x5t#S256":"`+l.jkt+`"}`
	both := `{"jkt":"` + l.jkt + `","x5t#S256":"` + l.jkt + `"}`
	rows := func(name, inToken, inAnswer string, withProof, asBearer verdict) []row {
		token := jwt(inToken, inAnswer)
		return []row{
			on(name+", with a proof", l.proved("/read", token), withProof),
			on(name+", as bearer", at("/read", "Bearer "+token), asBearer),
		}
	}
	bearer := l.refuses(401, "invalid_token", needsProof, bothSchemes)
	unknown, unknownBearer := l.badToken(uncheckable), l.refuses(401, "invalid_token", uncheckable, bearerScheme)
	var g group
	for _, more := range [][]row{
		rows("the same binding", same, same, alice("/read"), bearer),
		rows("a binding only in the answer", "", same, alice("/read"), bearer),
		rows("a binding only in the JWT", same, "", alice("/read"), bearer),
		rows("another key in the answer", same, another, unknown, unknownBearer),
		rows("another client's key only in the answer", "", another, l.badToken(otherKey), bearer),
		rows("a certificate in the answer", same, certificate, unknown, unknownBearer),
		rows("a certificate, too, in the answer", same, both, unknown, unknownBearer),
		rows("no binding", "", "", l.badToken(notBound), alice("/read")),
	} {
		g.rows = append(g.rows, more...)
	}
	g.id, g.why = "D05", "the bindings of a JWT and of the answer about it must not differ"
	l.run(t, g)
}

// opaqueTokensAreBoundToCertificates tests x5t#S256 in introspection answers
// about opaque tokens and about JWTs (RFC 8705 §3.2).
func opaqueTokensAreBoundToCertificates(t *testing.T, frameworks []Framework) {
	for name, mode := range map[string]middleware.IntrospectionMode{"opaque": middleware.IntrospectOpaque, "JWT": middleware.IntrospectJWTs} {
		as := testserver.New(t)
		l := &proofLab{
			lab: &lab{
				tokens: tokens{Maker: forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: time.Now()}},
				log:    new(logBuffer), certificates: newCertificates(t),
			},
			proofMode: proofMode{off: true, certified: true}, as: as,
		}
		l.verifier = newIntrospectingVerifier(t, as, newLogger(l.log), introspectionMode(mode), func(s *setup) {
			s.verifier.Origins, s.verifier.Resource, s.verifier.ClientCert = []string{apiURL}, apiURL, clientcert.TLS
		})
		l.open(t, frameworks)
		l.run(t, l.certifiedAnswers(name, mode))
	}
}

// certifiedAnswers returns rows for introspected tokens of one kind.
func (l *proofLab) certifiedAnswers(kind string, mode middleware.IntrospectionMode) group {
	own, other := l.certificates.own, l.certificates.other
	mine, theirs := x5t(own.Leaf), x5t(other.Leaf)
	refused, unknown := l.badBearer(wrongCertificate), l.badBearer(uncheckable)
	g := group{"M01", "x5t#S256 in an introspection answer binds a token", nil}
	// add adds a row for a token. inToken is the cnf of the token if the token
	// is a JWT. inAnswer is the cnf of the introspection answer. "" means no
	// cnf.
	add := func(name, inToken, inAnswer string, c *tls.Certificate, want verdict) {
		id := fmt.Sprintf("%s-%d", canary, len(g.rows))
		if mode == middleware.IntrospectJWTs {
			id = l.Token(l.Header(), l.Claims("cnf", inToken, "jti", `"`+id+`"`))
		}
		if inAnswer == "" {
			l.answering(id)
		} else {
			l.answering(id, "cnf", json.RawMessage(inAnswer), "token_type", "Bearer")
		}
		g.rows = append(g.rows, row{name: kind + ": " + name, request: at("/read", "Bearer "+id).by(c), want: want})
	}
	add("the right certificate", "", mine, own, alice("/read"))
	add("no certificate", "", mine, nil, refused)
	add("another certificate", "", mine, other, refused)
	add("a stolen token", "", theirs, own, refused)
	add("a key, too", "", x5t(own.Leaf, "jkt", mine[len(`{"x5t#S256":`):len(mine)-1]), own, unknown)
	add("a member that is unknown, too", "", x5t(own.Leaf, canary, "1"), own, unknown)
	add("a malformed thumbprint", "", `{"x5t#S256":"`+canary+`"}`, own, unknown)
	add("no binding", "", "", own, alice("/read"))
	if mode == middleware.IntrospectJWTs {
		add("the same binding in both", mine, mine, own, alice("/read"))
		add("the same binding in both, without a certificate", mine, mine, nil, refused)
		add("only in the JWT", mine, "", own, alice("/read"))
		add("only in the JWT, without a certificate", mine, "", nil, refused)
		add("another certificate in the answer", mine, theirs, own, unknown)
		add("another certificate in the JWT", theirs, mine, own, unknown)
		add("malformed in the answer", mine, `{"x5t#S256":"x"}`, own, unknown)
		add("an unknown member in the JWT", `{"kid":"x"}`, mine, own, unknown)
	}
	return g
}
