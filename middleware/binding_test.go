package middleware_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// presenter is a clientcert.Source that returns its fields thumbprint and err,
// and counts its calls.
type presenter struct {
	thumbprint string
	err        error
	calls      int
}

func (p *presenter) Thumbprint(*http.Request) (string, error) {
	p.calls++
	return p.thumbprint, p.err
}

// certificateOf returns the thumbprint of a certificate whose DER is this text.
func certificateOf(der string) string { return base64.RawURLEncoding.EncodeToString(sha256Sum(der)) }

var (
	own   = certificateOf("own")
	other = certificateOf("other")
)

func x5t(thumbprint string) string { return `{"x5t#S256":"` + thumbprint + `"}` }

func (c *client) toBoth() string {
	return `{"jkt":"` + thumbprintOf(c.key) + `","x5t#S256":"` + own + `"}`
}

// withCertificates makes a verifier use the source, and disables DPoP.
func withCertificates(source clientcert.Source) func(*middleware.Config) {
	return func(c *middleware.Config) { c.ClientCert, c.DPoP = source, nil }
}

// Authorize and Verify accept a token of any kind only with the key and the
// certificate that its cnf names.
func TestTokensOfACertificate(t *testing.T) {
	source := new(presenter)
	withSource := func(c *middleware.Config) { c.ClientCert = source }
	key := testserver.GenerateKey("ES256", "client")
	fault := errors.New("fault")
	const bearer = "Bearer"
	type kind struct {
		*client
		bind func(cnf string)
	}
	kinds := make(map[string]kind)
	for name, change := range map[string]func(*middleware.Config){"a JWT": withoutTokenCache, "a cached JWT": withTokenCache} {
		c := newClient(t, withSource, change)
		kinds[name] = kind{c, func(cnf string) { c.token = c.bound(cnf) }}
	}
	stub := stubFor(nil)
	opaque := newClient(t, withSource, caching(stub, time.Hour))
	n := 0
	kinds["an opaque token"] = kind{opaque, func(cnf string) {
		n++
		opaque.token = fmt.Sprint("opaque-", n)
		answer := `{"active":true,"aud":"api","exp":99999999999`
		if cnf != "" {
			answer += `,"cnf":` + cnf
		}
		stub.replace(func(string) string { return answer + "}" })
	}}
	for name, k := range kinds {
		c := k.client
		c.use(key)
		jkt := `{"jkt":"` + thumbprintOf(key) + `"}`
		for _, tt := range []struct {
			name, cnf, scheme, presented string
			err                          error // the error that the source returns
			want                         error
		}{
			{"a certificate, right", x5t(own), bearer, own, nil, nil},
			{"a certificate, another", x5t(own), bearer, other, nil, middleware.ErrCertificate},
			{"a certificate, none", x5t(own), bearer, "", nil, middleware.ErrCertificate},
			{"a certificate, fault", x5t(own), bearer, "", fault, middleware.ErrCertificate},
			{"a certificate, right with a fault", x5t(own), bearer, own, fault, middleware.ErrCertificate},
			{"a certificate, padded", x5t(own), bearer, own + "=", nil, middleware.ErrCertificate},
			{"a certificate, in capitals", x5t(own), bearer, strings.ToUpper(own), nil, middleware.ErrCertificate},
			{"a certificate, the first half", x5t(own), bearer, own[:22], nil, middleware.ErrCertificate},
			{"a certificate, with the scheme DPoP", x5t(own), "DPoP", own, nil, middleware.ErrUnbound},
			{"both, right", c.toBoth(), "DPoP", own, nil, nil},
			{"both, without a proof", c.toBoth(), bearer, own, nil, middleware.ErrBound},
			{"both, another certificate", c.toBoth(), "DPoP", other, nil, middleware.ErrCertificate},
			{"both, no certificate", c.toBoth(), "DPoP", "", nil, middleware.ErrCertificate},
			{"both, fault", c.toBoth(), "DPoP", "", fault, middleware.ErrCertificate},
			{"both, another key", strings.Replace(c.toBoth(), thumbprintOf(key), other, 1), "DPoP", own, nil, middleware.ErrProofKey},
			{"a key, no certificate", jkt, "DPoP", "", nil, nil},
			{"a key, any certificate", jkt, "DPoP", other, nil, nil},
			{"a key, fault", jkt, "DPoP", "", fault, nil},
			{"nothing, no certificate", "", bearer, "", nil, nil},
			{"nothing, any certificate", "", bearer, other, nil, nil},
			{"nothing, fault", "", bearer, "", fault, nil},
		} {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				k.bind(tt.cnf)
				source.thumbprint, source.err, source.calls = tt.presented, tt.err, 0
				for range 2 { // the second time, the token can be in the cache
					_, err := c.authorize(t, tt.scheme, c.proof())
					wants(t, err, tt.want)
					if tt.err != nil && tt.want != nil {
						wants(t, err, tt.err)
					}
				}
				if calls, asked := source.calls, strings.Contains(tt.cnf, "x5t"); calls > 0 && !asked {
					t.Errorf("the source was called %d times for a token without a certificate, want none", calls)
				}
				if tt.err != nil {
					return
				}
				presented := c.credentials(c.proof())
				presented.Scheme, presented.CertificateThumbprint = tt.scheme, tt.presented
				source.calls = 0
				_, err := c.v.Verify(t.Context(), presented)
				wants(t, err, tt.want)
				if source.calls != 0 {
					t.Errorf("Verify called the source %d times, want none", source.calls)
				}
			})
		}
	}
	if got := len(stub.received()); got != n {
		t.Errorf("got %d introspections of %d opaque tokens, want one for each, because the answer is cached", got, n)
	}
}

func TestCertificateInConfirmation(t *testing.T) {
	c := newClient(t, withCertificates(&presenter{thumbprint: own}))
	member := func(value string) string { return `{"x5t#S256":` + value + `}` }
	last := "AEIMQUYcgkosw048" // possible last characters of 32 bytes in base64url
	noncanonical := own[:42] + string(last[strings.IndexByte(last, own[42])]+1)
	for _, tt := range []struct {
		name, cnf string
		want      error
	}{
		{"the thumbprint", x5t(own), nil},
		{"the name with an escape", `{"x5t\u0023S256":"` + own + `"}`, nil},
		{"another thumbprint", x5t(other), middleware.ErrCertificate},
		{"an empty thumbprint", x5t(""), middleware.ErrConfirmation},
		{"a thumbprint that is too short", x5t(own[:42]), middleware.ErrConfirmation},
		{"a thumbprint that is too long", x5t(own + "A"), middleware.ErrConfirmation},
		{"a thumbprint with padding", x5t(own + "="), middleware.ErrConfirmation},
		{"bits after the hash", x5t(noncanonical), middleware.ErrConfirmation},
		{"standard base64", x5t("+" + own[1:]), middleware.ErrConfirmation},
		{"a thumbprint in hexadecimal", x5t(fmt.Sprintf("%x", sha256Sum("own"))), middleware.ErrConfirmation},
		{"a thumbprint of SHA-1", x5t(own[:27]), middleware.ErrConfirmation},
		{"a number", member("1"), middleware.ErrConfirmation},
		{"null", member("null"), middleware.ErrConfirmation},
		{"an array", member(`["` + own + `"]`), middleware.ErrConfirmation},
		{"only x5t", `{"x5t":"` + own[:27] + `"}`, middleware.ErrConfirmation},
		{"x5t of the length of SHA-256", `{"x5t":"` + own + `"}`, middleware.ErrConfirmation},
		{"x5t, too", `{"x5t":"` + own[:27] + `","x5t#S256":"` + own + `"}`, middleware.ErrConfirmation},
		{"a name in lower case", `{"x5t#s256":"` + own + `"}`, middleware.ErrConfirmation},
		{"an unknown member, too", `{"x5t#S256":"` + own + `","osc":{}}`, middleware.ErrConfirmation},
		{"an unknown member that looks like a hash, too", `{"x5t#S256":"` + own + `","osc":"` + own + `"}`, middleware.ErrConfirmation},
		{"a malformed key, too", `{"x5t#S256":"` + own + `","jkt":""}`, middleware.ErrConfirmation},
		{"a key, too, without DPoP", c.toBoth(), middleware.ErrConfirmation},
		{"only a key, without DPoP", `{"jkt":"` + own + `"}`, middleware.ErrConfirmation},
		{"the thumbprint twice", `{"x5t#S256":"` + own + `","x5t#S256":"` + own + `"}`, middleware.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.token = c.bound(tt.cnf)
			_, err := c.authorize(t, "Bearer")
			wants(t, err, tt.want)
			_, err = c.v.Verify(t.Context(), middleware.Credentials{Token: c.token, CertificateThumbprint: own})
			wants(t, err, tt.want)
		})
	}
}

// Without ClientCert, a token that is bound to a certificate is refused, even
// if the caller of Verify sets the thumbprint.
func TestCertificatesWithoutASource(t *testing.T) {
	for name, change := range map[string]func(*middleware.Config){
		"without DPoP": func(c *middleware.Config) { c.DPoP = nil }, "with DPoP": func(*middleware.Config) {},
	} {
		c := newClient(t, change)
		for _, cnf := range []string{x5t(own), c.toBoth()} {
			c.token = c.bound(cnf)
			for _, scheme := range []string{"Bearer", "DPoP"} {
				if scheme == "DPoP" && name == "without DPoP" {
					continue
				}
				presented := c.credentials(c.proof())
				presented.Scheme, presented.CertificateThumbprint = scheme, own
				_, err := c.v.Verify(t.Context(), presented)
				wants(t, err, middleware.ErrConfirmation)
				_, err = c.authorize(t, scheme, c.proof())
				wants(t, err, middleware.ErrConfirmation)
			}
		}
	}
}

// Keycloak writes typ "DPoP" only into tokens that are bound to a key. A token
// with this typ but without jkt must be refused.
func TestACertificateIsNotTheKeyOfATokenOfTypeDPoP(t *testing.T) {
	c := newClient(t, func(c *middleware.Config) { c.ClientCert = &presenter{thumbprint: own} })
	c.token = c.bound(x5t(own), "typ", `"DPoP"`)
	_, err := c.authorize(t, "Bearer")
	wants(t, err, middleware.ErrConfirmation)
}

func TestRequireBound(t *testing.T) {
	source := &presenter{thumbprint: own}
	for mode, change := range map[string]func(*middleware.Config){
		"certificates":        func(c *middleware.Config) { c.ClientCert, c.DPoP = source, nil },
		"DPoP":                func(*middleware.Config) {},
		"both":                func(c *middleware.Config) { c.ClientCert = source },
		"both, DPoP required": func(c *middleware.Config) { c.ClientCert, c.DPoP = source, &dpop.Policy{Required: true} },
	} {
		c := newClient(t, change, func(c *middleware.Config) { c.RequireBound = true })
		toKey, toCertificate, toBoth := c.token, c.bound(x5t(own)), c.bound(c.toBoth())
		ifCertificates, ifDPoP := middleware.ErrConfirmation, middleware.ErrConfirmation
		var forBoth error
		switch mode {
		case "certificates":
			ifCertificates, forBoth = nil, middleware.ErrConfirmation
		case "DPoP":
			ifDPoP, forBoth = nil, middleware.ErrConfirmation
		case "both":
			ifCertificates, ifDPoP = nil, nil
		default:
			ifCertificates, ifDPoP = middleware.ErrUnbound, nil
		}
		for _, tt := range []struct {
			name, scheme, token string
			want                error
		}{
			{"bound to nothing", "Bearer", c.Good(), middleware.ErrUnbound},
			{"bound to a certificate", "Bearer", toCertificate, ifCertificates},
			{"bound to a key", "DPoP", toKey, ifDPoP},
			{"bound to both", "DPoP", toBoth, forBoth},
		} {
			t.Run(mode+"/"+tt.name, func(t *testing.T) {
				scheme := tt.scheme
				if mode == "certificates" {
					scheme = "Bearer" // this API does not support the scheme DPoP
				}
				c.token = tt.token
				_, err := c.authorize(t, scheme, c.proof())
				wants(t, err, tt.want)
			})
		}
	}
}

// A client without the certificate must not be able to remove the token from
// the cache. Otherwise it could slow down the client that has the certificate.
func TestACachedTokenOfACertificate(t *testing.T) {
	source := &presenter{thumbprint: own}
	c := newClient(t, withTokenCache, withCertificates(source))
	c.token = c.bound(x5t(own))
	send := func(want error, hits int) {
		t.Helper()
		_, err := c.authorize(t, "Bearer")
		wants(t, err, want)
		if got := c.v.Stats(); got.Hits != hits {
			t.Errorf("got %d hits, want %d", got.Hits, hits)
		}
	}
	source.thumbprint = other
	send(middleware.ErrCertificate, 0)
	if got := c.v.Stats().Tokens; got != 0 {
		t.Errorf("got %d cached tokens after a wrong certificate, want none", got)
	}
	source.thumbprint = own
	send(nil, 0)
	send(nil, 1)
	source.thumbprint = other
	send(middleware.ErrCertificate, 2)
	source.thumbprint = ""
	send(middleware.ErrCertificate, 3)
	source.err = errors.New("fault")
	send(middleware.ErrCertificate, 4)
	source.thumbprint, source.err = own, nil
	send(nil, 5)
	if got := c.v.Stats().Tokens; got != 1 {
		t.Errorf("got %d cached tokens, want 1", got)
	}
}

// The issuer's introspection answer may add a binding to a JWT, but must not
// change a binding in the JWT.
func TestCertificateInTheAnswerAboutAJWT(t *testing.T) {
	key := testserver.GenerateKey("ES256", "client")
	jkt := `{"jkt":"` + thumbprintOf(key) + `"}`
	for _, tt := range []struct {
		name, inToken, inAnswer, scheme, presented string
		want                                       error
	}{
		{"in neither", "", "", "Bearer", "", nil},
		{"in both", x5t(own), x5t(own), "Bearer", own, nil},
		{"in both, another presented", x5t(own), x5t(own), "Bearer", other, middleware.ErrCertificate},
		{"only in the token", x5t(own), "", "Bearer", own, nil},
		{"only in the token, another presented", x5t(own), "", "Bearer", other, middleware.ErrCertificate},
		{"only in the answer", "", x5t(own), "Bearer", own, nil},
		{"only in the answer, another presented", "", x5t(own), "Bearer", other, middleware.ErrCertificate},
		{"only in the answer, none presented", "", x5t(own), "Bearer", "", middleware.ErrCertificate},
		{"another in the answer", x5t(own), x5t(other), "Bearer", own, middleware.ErrConfirmation},
		{"another in the answer, which is presented", x5t(own), x5t(other), "Bearer", other, middleware.ErrConfirmation},
		{"malformed in the answer", x5t(own), x5t("x"), "Bearer", own, middleware.ErrConfirmation},
		{"null in the answer", x5t(own), "null", "Bearer", own, middleware.ErrConfirmation},
		{"an unknown member in the answer", x5t(own), `{"osc":"x"}`, "Bearer", own, middleware.ErrConfirmation},
		{"an unknown member in the token", `{"osc":"x"}`, x5t(own), "Bearer", own, middleware.ErrConfirmation},
		{"a key in the token, a certificate in the answer", jkt, x5t(own), "DPoP", own, nil},
		{"a certificate in the token, a key in the answer", x5t(own), jkt, "DPoP", own, nil},
		{"one in each, another certificate presented", jkt, x5t(own), "DPoP", other, middleware.ErrCertificate},
		{"one in each, without a proof", x5t(own), jkt, "Bearer", own, middleware.ErrBound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stub := stubAnswering(`{"active":true` + strings.TrimSuffix(`,"cnf":`+tt.inAnswer, `,"cnf":`) + `}`)
			c := newClient(t, withTokenCache, func(c *middleware.Config) {
				c.Issuers[0].Introspection, c.Issuers[0].IntrospectionMode = stub.client(t), middleware.IntrospectJWTs
				c.ClientCert = &presenter{thumbprint: tt.presented}
			})
			c.use(key)
			c.token = c.bound(tt.inToken)
			for range 2 { // the second time, the token can be in the cache
				_, err := c.authorize(t, tt.scheme, c.proof())
				wants(t, err, tt.want)
			}
		})
	}
}
