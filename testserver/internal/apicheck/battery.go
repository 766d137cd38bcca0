package apicheck

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// probe is one request that the check sends to the API, with its expected
// response.
type probe struct {
	name          string
	sent          string   // a description of the request
	authorization []string // the lines of the Authorization field
	edit          func(*http.Request)
	query         string   // the access_token in the query
	tokens        []string // the tokens in the request that the response must not contain
	want          []reply  // the accepted replies; empty means any 2xx
	bare          bool     // the challenge must not have an error attribute
	lacks         string   // the required value that the claims of the token lack
	demands       string   // the challenge must have this parameter: acr_values or max_age
	has           []string // scopes and claim values in the token

	// The field from is a Target that reaches the API with a different client
	// certificate or with none. If the field is nil, the probe uses the
	// certificate of the check, if any.
	from *Target
	when func() bool // reports whether to send the probe; nil means always

	// The fields from scheme to fields are for an API with DPoP.
	scheme   string     // set only in probes about the scheme or the proof
	unproved bool       // no proof is sent
	proof    token.Edit // changes the proof; nil means a good proof
	key      *token.Key // the key of the proof; nil means the key of the check
	fields   []string   // the DPoP header fields; nil means a new proof
	why, fix string
}

// reply is an expected status and an expected error code. If the code is "",
// the error code is not checked.
type reply struct {
	status int
	code   string
}

var (
	noToken   = reply{http.StatusUnauthorized, ""}
	badToken  = reply{http.StatusUnauthorized, "invalid_token"}
	badAsking = reply{http.StatusBadRequest, "invalid_request"}
)

const (
	// flood is how many tokens with unknown keys the check sends. It sends the
	// same number of malformed tokens. The few constant is the maximum number
	// of JWKS fetches that all these tokens together may cause.
	flood = 20
	few   = 5
)

// spoiled returns an edit that gives a token a defect.
func spoiled(by token.Defect) token.Edit {
	return func(d *token.Draft) { d.Defect = &by }
}

// battery returns the probes, except those of metadata, replays and stampede.
// It makes their tokens before the check sends the first token: the first use
// of an algorithm publishes a key, which must be in the JWKS before the API
// caches the JWKS.
func (r *run) battery() ([]probe, error) {
	var firstErr error
	good := func(edits ...token.Edit) string {
		token, err := r.mint(append(edits, func(d *token.Draft) {
			if d.Trap = r.trap; d.Defect != nil && len(edits) == 0 {
				d.Fail(fmt.Errorf("With(%q) would make the good token a bad one: remove With, because the check makes the bad tokens itself", d.Defect.Name))
			}
		})...)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return token
	}
	probes := acceptances(good)
	probes = append(probes, refusals(good)...)
	probes = append(probes, garbage()...)
	if len(r.Scopes) > 0 {
		probes = append(probes, lookAlike(r.Scopes, good))
	}
	for _, need := range r.Claims {
		probes = append(probes, need.withoutIt(r.Claims, good)...)
	}
	probes = append(probes, r.logins(good)...)
	logins := r.loginDefects()
	for _, d := range slices.Concat(token.Catalogue(), token.CertificateCatalogue()) {
		asked := slices.Contains(catalogue.Defects, d.Name) || r.ClientCert && d.Name.IsCertificateDefect() || slices.Contains(r.Also, d.Name) || logins[d.Name] != ""
		if slices.Contains(r.Skip, d.Name) || !asked || d.Name == catalogue.MissingScope && len(r.Scopes) == 0 || r.DPoP && d.Name == catalogue.BoundAsBearer {
			continue
		}
		token := good(spoiled(d))
		status, code := d.Name.Expect()
		probes = append(probes, probe{
			name: string(d.Name), sent: "a token with the defect " + string(d.Name),
			authorization: []string{"Bearer " + token}, tokens: []string{token},
			want: []reply{{status, code}}, demands: logins[d.Name], why: d.Wrong, fix: d.Fix,
		})
	}
	if r.ClientCert {
		probes[0].fix += " Make the server that terminates TLS ask for certificates, and accept the certificate of the check: see RequireClientCert."
		probes = append(probes, r.certificates(good)...)
	}
	if r.DPoP {
		for i, p := range probes {
			probes[i] = underDPoP(p)
		}
		probes = append(probes, r.proofs(good)...)
	}
	return probes, firstErr
}

func acceptances(good func(...token.Edit) string) []probe {
	accepted := func(name, scheme, why, fix string) probe {
		token := good()
		return probe{
			name: name, sent: "a good token as " + scheme, why: why, fix: fix,
			authorization: []string{scheme + " " + token}, tokens: []string{token},
		}
	}
	const anyCase = "The name of an authentication scheme is case-insensitive (RFC 9110 §11.1)."
	const fold = "Compare the scheme with strings.EqualFold."
	return []probe{
		accepted(goodToken, "Bearer",
			"A valid token must be accepted (RFC 6750 §2.1); otherwise the refusal of bad tokens proves nothing. Nothing else was checked.",
			"Make the API trust the server's Issuer() and fetch its keys with the server's Client(); make the good token meet the API's requirements with RequireScope, RequireClaim and Token(Audience(…), Claim(…)); "+
				"make newRequest return a request that the API answers with 2xx."),
		accepted("lower-case-scheme", "bearer", anyCase, fold),
		accepted("upper-case-scheme", "BEARER", anyCase, fold),
	}
}

const goodToken = "good-token"

func refusals(good func(...token.Edit) string) []probe {
	a, b := good(), good()
	other, onlyInQuery, inHeader, inQuery := good(), good(), good(), good()
	return []probe{{
		name: "no-token", sent: "no token", want: []reply{noToken}, bare: true,
		why: "A request without a token gets 401 and a Bearer challenge (RFC 6750 §3).",
		fix: "Refuse a request without an Authorization field before the handler runs.",
	}, {
		name: "other-scheme", sent: "a good token under the scheme Basic", want: []reply{noToken},
		authorization: []string{"Basic " + other}, tokens: []string{other},
		why: "Credentials of another scheme are not a bearer token (RFC 6750 §2.1).",
		fix: "Check that the scheme is Bearer, instead of using the text after the first space.",
	}, {
		name: "two-headers", sent: "two good tokens in two Authorization fields", want: []reply{badAsking},
		authorization: []string{"Bearer " + a, "Bearer " + b}, tokens: []string{a, b},
		why: "A request with two tokens is malformed: a proxy and the API may each use a different token (RFC 6750 §2, §3.1; RFC 9110 §5.3).",
		fix: "Read all values of the Authorization field (Header.Values, not Header.Get) and answer 400 unless there is exactly one.",
	}, {
		name: "header-and-query", sent: "a good token in the header and one in the query", want: []reply{badAsking},
		authorization: []string{"Bearer " + inHeader}, query: inQuery, tokens: []string{inHeader, inQuery},
		why: "A client must not send a token in more than one way; such a request is malformed (RFC 6750 §2, §3.1).",
		fix: "Answer 400 if the query has an access_token in addition to the header, even if the API never reads it.",
	}, {
		name: "query-only", sent: "a good token only in the query", want: []reply{noToken, badAsking},
		query: onlyInQuery, tokens: []string{onlyInQuery},
		why: "URLs end up in logs and histories; a token in one must not be accepted (RFC 9700 §4.3.2, RFC 6750 §2.3).",
		fix: "Read tokens only from the Authorization field.",
	}}
}

// garbage returns probes with malformed tokens.
func garbage() []probe {
	b64 := base64.RawURLEncoding.EncodeToString
	var probes []probe
	add := func(name, sent, credentials string, want ...reply) {
		probes = append(probes, probe{
			name: name, sent: sent, authorization: []string{credentials}, want: want,
			why: "A malformed token must be refused like any other bad token (RFC 6750 §3.1).",
			fix: "Refuse the token on every parse error.",
		})
	}
	add("garbage-empty", "the scheme Bearer without a token", "Bearer", reply{http.StatusBadRequest, ""}, noToken)
	add("garbage-opaque", "a word that is not a JWT", "Bearer opaque", badToken, badAsking)
	add("garbage-words", "two words after Bearer", "Bearer one two", badAsking, badToken)
	add("garbage-dots", "only two dots", "Bearer ..", badToken, badAsking)
	add("garbage-null", "a JWT whose header and claims are null", "Bearer "+b64([]byte("null"))+"."+b64([]byte("null"))+".AAAA", badToken, badAsking)
	add("garbage-kid", "a JWT whose kid is an object", "Bearer "+b64([]byte(`{"alg":"ES256","typ":"at+jwt","kid":{"a":[]}}`))+".e30.AAAA", badToken, badAsking)
	return probes
}

// lookAlike returns a probe whose token has scopes that resemble the required
// scopes, but differ from them.
func lookAlike(scopes []string, good func(...token.Edit) string) probe {
	var similar []string
	for _, s := range scopes {
		for _, like := range []string{s + "x", "x" + s, strings.ToUpper(s), strings.ToLower(s)} {
			if !slices.Contains(scopes, like) {
				similar = append(similar, like)
			}
		}
	}
	token := good(func(d *token.Draft) { d.SetScopes(similar) })
	return probe{
		name: "look-alike-scope", sent: "a token with the scopes " + strings.Join(similar, " "),
		authorization: []string{"Bearer " + token}, tokens: []string{token},
		want: []reply{{http.StatusForbidden, "insufficient_scope"}},
		why:  "A scope is one whole, case-sensitive word of the claim (RFC 6749 §3.3, RFC 6750 §3.1).",
		fix:  "Split the claim at spaces and compare whole words, not substrings.",
	}
}
