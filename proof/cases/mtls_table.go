package cases

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// everyAdapterChecksCertificates sends certificate-bound tokens over
// connections on which the client presents the right certificate, another
// certificate, or none.
func everyAdapterChecksCertificates(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, certificatesOn)
	sent, spelled := slices.Concat(l.withoutCertificate(), l.otherCertificates(), l.forgedFields()), []group{l.thumbprints(), l.otherConfirmations()}
	for _, g := range sent {
		l.run(t, g)
	}
	for _, g := range spelled {
		l.run(t, g, http.MethodGet)
	}
	l.checkProofLog(t, append(sent, spelled...))
	l.checkVerify(t)
	for _, target := range l.targets {
		const member = `"tls_client_certificate_bound_access_tokens":true`
		if a := target.send(t, http.MethodGet, at("/.well-known/oauth-protected-resource")); !strings.Contains(string(a.body), member) {
			t.Errorf("E07: %s: got the metadata %q, want %s in it", target.name, a.body, member)
		}
	}

	l = newProofLab(t, frameworks, bothOn)
	g := l.bothBindings()
	l.run(t, g)
	l.checkProofLog(t, []group{g})
}

// checkVerify calls Verify with credentials that have different values of
// CertificateThumbprint.
func (l *proofLab) checkVerify(t *testing.T) {
	c, token := l.certificates, strings.TrimPrefix(l.certified(), "Bearer ")
	for _, one := range []struct {
		threat, name, thumbprint string
		want                     error
	}{
		{"M01", "no certificate", "", middleware.ErrCertificate},
		{"M01", "the right certificate", clientcert.Thumbprint(c.own.Leaf), nil},
		{"M02", "another certificate", clientcert.Thumbprint(c.other.Leaf), middleware.ErrCertificate},
		{"M05", "the thumbprint padded", clientcert.Thumbprint(c.own.Leaf) + "=", middleware.ErrCertificate},
	} {
		t.Run(one.threat+"/Verify: "+one.name, func(t *testing.T) {
			verified, err := l.verifier.Verify(t.Context(), middleware.Credentials{Token: token, CertificateThumbprint: one.thumbprint})
			if !errors.Is(err, one.want) || (verified != nil) != (one.want == nil) {
				t.Errorf("got %v and the error %v, want %v", verified, err, one.want)
			}
		})
	}
}

// withoutCertificate returns rows with the right certificate and without one.
func (l *proofLab) withoutCertificate() []group {
	own, refused := l.certificates.own, l.badBearer(wrongCertificate)
	all := []string{"scope", `"read write admin pay eu"`}
	elsewhere := at("/read", l.certified())
	elsewhere.host = "another.example.com"
	g := group{"M01", "a token that is bound to a certificate needs the certificate (RFC 8705 §3)", nil}
	for _, route := range append(strings.Fields(routes), "/checked", "/returned") {
		g.rows = append(g.rows,
			row{name: "the right certificate on " + route, request: at(route, l.certified(all...)).by(own), want: alice(route)},
			row{name: "no certificate on " + route, request: at(route, l.certified(all...)), want: refused},
		)
	}
	return []group{g, {"M01", "a certificate matters only for a token that is bound to one, and that is good", []row{
		{name: "an unbound token without a certificate", request: at("/read", "Bearer "+l.Good()), want: alice("/read")},
		{name: "an unbound token with a certificate", request: at("/read", "Bearer "+l.Good()).by(own), want: alice("/read")},
		{name: "a certificate without a token", request: at("/read").by(own), want: l.asks()},
		{name: "a certificate without a token where tokens are optional", request: at("/optional").by(own), want: anonymous("/optional")},
		{name: "the scheme in lower case", request: at("/read", strings.Replace(l.certified(), "Bearer", "bearer", 1)), want: refused},
		{name: "another host name on the same connection", request: elsewhere.by(own), want: alice("/read")},
		{name: "a missing scope with the right certificate", request: at("/read", l.certified("scope", `"other"`)).by(own), want: l.refuses(403, "insufficient_scope", "token does not meet the requirements of this resource", bearerScheme, scope("read")...)},
		{name: "a missing scope without a certificate", request: at("/read", l.certified("scope", `"other"`)), want: refused},
		{name: "an expired token with the right certificate", request: at("/read", l.certified("exp", "1")).by(own), want: l.badBearer("token is expired")},
		{name: "an expired token without a certificate", request: at("/read", l.certified("exp", "1")), want: l.badBearer("token is expired")},
		{name: "a revoked token with the right certificate", request: at("/read", l.certified("jti", `"revoked"`)).by(own), want: l.badBearer("token is revoked")},
		{name: "the deny-list fails", request: at("/read", l.certified("jti", `"outage"`)).by(own), want: unavailable},
		{name: "an issuer that is unreachable", request: at("/read", "Bearer "+l.unreachable).by(own), want: unavailable},
	}}}
}

// otherCertificates returns rows with certificates and thumbprints that
// resemble the right ones.
func (l *proofLab) otherCertificates() []group {
	c, refused := l.certificates, l.badBearer(wrongCertificate)
	to := func(hash []byte) string {
		return "Bearer " + l.bound("cnf", `{"x5t#S256":"`+base64.RawURLEncoding.EncodeToString(hash)+`"}`)
	}
	publicKey := sha256.Sum256(c.own.Leaf.RawSubjectPublicKeyInfo)
	text := sha256.Sum256([]byte(pemOf(c.own.Leaf)))
	short := sha1.Sum(c.own.Leaf.Raw) // the member x5t has a SHA-1 hash
	certified := func(c *x509.Certificate) string { return "Bearer " + l.bound("cnf", x5t(c)) }
	return []group{{"M02", "the thumbprint is that of the client's own certificate, with SHA-256 (RFC 8705 §3.1)", []row{
		{name: "the certificate of another client", request: at("/read", l.certified()).by(c.other), want: refused},
		{name: "the certificate of another client where tokens are optional", request: at("/optional", l.certified()).by(c.other), want: refused},
		{name: "the certificate of another client in a group", request: at("/nested/route", l.certified("scope", `"read write"`)).by(c.other), want: refused},
		{name: "another certificate for the same key", request: at("/read", l.certified()).by(c.reissued), want: refused},
		{name: "another certificate for the same key, with its own token", request: at("/read", certified(c.reissued.Leaf)).by(c.reissued), want: alice("/read")},
		{name: "another certificate before the right one", request: at("/read", l.certified()).by(c.appended), want: refused},
		{name: "a right certificate before another one", request: at("/read", certified(c.other.Leaf)).by(c.appended), want: alice("/read")},
		{name: "the thumbprint of the issuer's certificate", request: at("/read", certified(c.issuer)).by(c.own), want: refused},
		{name: "the thumbprint of the API's certificate", request: at("/read", certified(c.server.Leaf)).by(c.own), want: refused},
		{name: "the thumbprint of the public key", request: at("/read", to(publicKey[:])).by(c.own), want: refused},
		{name: "the thumbprint of the PEM", request: at("/read", to(text[:])).by(c.own), want: refused},
		{name: "the SHA-1 thumbprint in x5t", request: at("/read", "Bearer "+l.bound("cnf", `{"x5t":"`+base64.RawURLEncoding.EncodeToString(short[:])+`"}`)).by(c.own), want: l.badBearer(uncheckable)},
		{name: "the SHA-1 thumbprint in x5t#S256", request: at("/read", to(short[:])).by(c.own), want: l.badBearer(uncheckable)},
	}}}
}

// forgedFields returns rows in which the client sends the certificate fields of
// proxies. The API must ignore these fields, because it terminates TLS itself.
func (l *proofLab) forgedFields() []group {
	c := l.certificates
	own, other := at("/read", l.certified()), at("/read", l.certified())
	var rows []row
	for _, f := range forwarders {
		own, other = own.with(f.Header, f.value(c.own.Leaf)), other.with(f.Header, f.value(c.other.Leaf))
		rows = append(rows,
			row{name: f.Header + " without a certificate", request: at("/read", l.certified()).with(f.Header, f.value(c.own.Leaf)), want: l.badBearer(wrongCertificate)},
			row{name: f.Header + " beside another certificate", request: at("/read", l.certified()).with(f.Header, f.value(c.own.Leaf)).by(c.other), want: l.badBearer(wrongCertificate)},
		)
	}
	return []group{{"M03", "without a trusted proxy, no header field is read", append(rows,
		row{name: "all fields without a certificate", request: own, want: l.badBearer(wrongCertificate)},
		row{name: "all fields of another client beside the right certificate", request: other.by(c.own), want: alice("/read")},
	)}}
}

// thumbprints returns rows for cnf claims in which x5t#S256 is encoded in
// unusual ways.
func (l *proofLab) thumbprints() group {
	sum := sha256.Sum256(l.certificates.own.Leaf.Raw)
	right := base64.RawURLEncoding.EncodeToString(sum[:])
	last := strings.IndexByte(base64URL, right[42])
	g := group{"M05", "x5t#S256 is 43 characters of base64url, which name a hash in only one way", nil}
	for name, value := range map[string]string{
		"padded": `"` + right + `="`, "a character less": `"` + right[1:] + `"`, "a character more": `"` + right + `A"`, "empty": `""`, "a space after it": `"` + right + ` "`,
		"a line break inside": `"` + right[:20] + `\n` + right[20:] + `"`, "hexadecimal": `"` + hex.EncodeToString(sum[:]) + `"`, "hexadecimal with spaces": `"` + fmt.Sprintf("% x", sum[:]) + `"`,
		"base64 of the hexadecimal": `"` + base64.RawURLEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:]))) + `"`, "other bits after the hash": `"` + right[:42] + base64URL[last+1:last+2] + `"`,
		"characters of the other alphabet": `"` + right[:41] + `+/"`, "SHA-512": `"` + right + right + `"`, "an array": `["` + right + `"]`, "an object": `{}`, "null": `null`, "a number": `1`, "true": `true`,
	} {
		g.rows = append(g.rows, row{name: "x5t#S256: " + name, request: at("/read", "Bearer "+l.bound("cnf", `{"x5t#S256":`+value+`}`)).by(l.certificates.own), want: l.badBearer(uncheckable)})
	}
	malformed := func(name, cnf string, want verdict) row {
		return row{name: name, request: at("/read", "Bearer "+l.bound("cnf", cnf)).by(l.certificates.own), want: want}
	}
	member := `"x5t#S256":"` + right + `"`
	g.rows = append(g.rows,
		malformed("x5t#S256 twice", `{`+member+`,`+member+`}`, l.badBearer("token is malformed")),
		malformed("another spelling of the name", `{"x5t\u0023S256":"`+right+`"}`, alice("/read")),
		malformed("the name in another case", `{"x5t#s256":"`+right+`"}`, l.badBearer(uncheckable)),
		malformed("cnf as text", `"`+right+`"`, l.badBearer(uncheckable)), malformed("cnf as an array", `[{`+member+`}]`, l.badBearer(uncheckable)),
	)
	slices.SortFunc(g.rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return g
}

// base64URL is the alphabet of base64url.
const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// otherConfirmations returns rows for members of cnf that this API cannot
// check. The certificate is always right.
func (l *proofLab) otherConfirmations() group {
	g := group{"M06", "a confirmation that cannot be checked is not ignored (RFC 7800 §3.1)", nil}
	for _, member := range []string{"jwk", "jwe", "jku", "kid", "osc", "x5t", "x5c", "x5t#S512", "X5T#S256", "x5t#S256 ", canary, ""} {
		for kind, value := range map[string]string{"text": `"` + l.jkt + `"`, "an object": l.jwk, "null": "null"} {
			for beside, cnf := range map[string]string{"alone": jsonMembers([]string{member, value}), "beside x5t#S256": x5t(l.certificates.own.Leaf, member, value)} {
				g.rows = append(g.rows, row{name: fmt.Sprintf("%q as %s, %s", member, kind, beside), request: at("/read", "Bearer "+l.bound("cnf", cnf)).by(l.certificates.own), want: l.badBearer(uncheckable)})
			}
		}
	}
	slices.SortFunc(g.rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return g
}

// bothBindings returns rows with tokens that are bound to a key and to a
// certificate.
func (l *proofLab) bothBindings() group {
	c := l.certificates
	token := l.bound("cnf", x5t(c.own.Leaf, "jkt", `"`+l.jkt+`"`))
	byOther := at("/read", "DPoP "+token).withLate(func(method string) []field {
		return l.fields(testserver.Proof(l.other.key, method, apiURL+"/read", token)...)
	})
	right := l.proved("/read", token)
	return group{"M05", "with both members, the key and the certificate must both be right", []row{
		on("both right", right.by(c.own), alice("/read")),
		on("both right where tokens are optional", l.proved("/optional", token).by(c.own), alice("/optional")),
		on("both right in a group", l.proved("/nested/route", l.bound("cnf", x5t(c.own.Leaf, "jkt", `"`+l.jkt+`"`), "scope", `"read write"`)).by(c.own), alice("/nested/route")),
		on("a right proof and another certificate", right.by(c.other), l.badToken(wrongCertificate)),
		on("a right proof and no certificate", right, l.badToken(wrongCertificate)),
		on("a proof by another key and the right certificate", byOther.by(c.own), l.badToken(otherKey)),
		on("a proof by another key and another certificate", byOther.by(c.other), l.badToken(wrongCertificate)),
		on("no proof and the right certificate", at("/read", "DPoP "+token).by(c.own), l.badProof(notAProof)),
		on("the right certificate as bearer", at("/read", "Bearer "+token).by(c.own), l.refuses(http.StatusUnauthorized, "invalid_token", needsProof, bothSchemes)),
		on("a right proof of a token that is bound only to a certificate", l.proved("/read", strings.TrimPrefix(l.certified(), "Bearer ")).by(c.own), l.badToken(notBound)),
		on("a token that is bound only to a certificate", at("/read", l.certified()).by(c.own), alice("/read")),
		on("a token that is bound only to a key, with any certificate", l.proved("/read", l.bound()).by(c.other), alice("/read")),
		on("another key's thumbprint", l.proved("/read", l.bound("cnf", x5t(c.own.Leaf, "jkt", `"`+l.other.jkt+`"`))).by(c.own), l.badToken(otherKey)),
		on("the thumbprints exchanged", l.proved("/read", l.bound("cnf", `{"jkt":`+strings.TrimPrefix(x5t(c.own.Leaf), `{"x5t#S256":`)[:45]+`,"x5t#S256":"`+l.jkt+`"}`)).by(c.own), l.badToken(wrongCertificate)),
		on("a malformed jkt", l.proved("/read", l.bound("cnf", x5t(c.own.Leaf, "jkt", `"x"`))).by(c.own), l.badToken(uncheckable)),
		on("a malformed x5t#S256", l.proved("/read", l.bound("cnf", `{"jkt":"`+l.jkt+`","x5t#S256":"x"}`)).by(c.own), l.badToken(uncheckable)),
	}}
}

// requireBoundNeedsABinding tests which tokens an API with RequireBound
// accepts.
func requireBoundNeedsABinding(t *testing.T, frameworks []Framework) {
	for _, mode := range []proofMode{certificatesRequired, bothBound, proofsBound} {
		l := newProofLab(t, frameworks, mode)
		var own *tls.Certificate
		if mode.certified {
			own = l.certificates.own
		}
		refused := l.badBearer(notBound)
		g := group{"D04", "an API with RequireBound refuses unbound tokens", []row{
			{name: "an unbound token", request: at("/read", "Bearer "+l.Good()), want: refused},
			{name: "an unbound token and a certificate", request: at("/read", "Bearer "+l.Good()).by(own), want: refused},
			{name: "an unbound token on a nested route", request: at("/nested/route", "Bearer "+l.scoped("read write")).by(own), want: refused},
			{name: "an unbound token where tokens are optional", request: at("/optional", "Bearer "+l.Good()).by(own), want: refused},
			{name: "no token where tokens are optional", request: at("/optional").by(own), want: anonymous("/optional")},
			{name: "no token", request: at("/read").by(own), want: l.asks()},
			{name: "an empty cnf", request: at("/read", "Bearer "+l.bound("cnf", "{}")).by(own), want: l.badBearer(uncheckable)},
		}}
		if mode.certified {
			g.rows = append(g.rows,
				row{name: "the right certificate", request: at("/read", l.certified()).by(own), want: alice("/read")},
				row{name: "the right certificate where tokens are optional", request: at("/optional", l.certified()).by(own), want: alice("/optional")},
				row{name: "another certificate", request: at("/read", l.certified()).by(l.certificates.other), want: l.badBearer(wrongCertificate)},
			)
		}
		if !mode.off {
			g.rows = append(g.rows, on("a right proof", l.proved("/read", l.bound()), alice("/read")))
		}
		for i := range g.rows {
			g.rows[i].name += ", mode " + mode.name
		}
		l.run(t, g)
	}
	l := newProofLab(t, frameworks, proofsRequiredToo)
	l.run(t, group{"D04", "an API that requires proofs refuses tokens that are bound only to a certificate", []row{
		{name: "the right certificate without a proof", request: at("/read", l.certified()).by(l.certificates.own), want: l.badBearer(notBound)},
		{name: "the right certificate where tokens are optional", request: at("/optional", l.certified()).by(l.certificates.own), want: l.badBearer(notBound)},
	}})
}
