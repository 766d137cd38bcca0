package middleware_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

const publicOrigin = "https://api.example.com"

// client has a key and a token that is bound to this key, and makes proofs.
type client struct {
	*setup
	key   testserver.Key
	token string
	count int // the number of proofs so far, which is part of each jti
}

// newClient returns a client of an API with the default policy on proofs. The
// changes are applied to the configuration before NewVerifier checks it.
func newClient(t *testing.T, changes ...func(*middleware.Config)) *client {
	t.Helper()
	withProofs := func(c *middleware.Config) {
		c.Origins, c.Resource, c.DPoP = []string{publicOrigin}, publicOrigin, new(dpop.Policy)
	}
	c := &client{setup: newSetup(t, append([]func(*middleware.Config){withProofs}, changes...)...)}
	c.use(testserver.GenerateKey("ES256", "client"))
	return c
}

// use replaces the client's key and makes a token that is bound to the new key.
func (c *client) use(key testserver.Key) {
	c.key = key
	c.token = c.bound(`{"jkt":"` + thumbprintOf(key) + `"}`)
}

// bound returns a token with the claim cnf, or without this claim if cnf is "".
// pairs contains names and values of claims, which replace the default claims.
func (c *client) bound(cnf string, pairs ...string) string {
	return c.Token(c.Header(), c.Claims(append(pairs, "cnf", cnf)...))
}

func thumbprintOf(key testserver.Key) string {
	sum, err := (&jose.JSONWebKey{Key: key.Private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

func jwkOf(key testserver.Key) string {
	text, err := json.Marshal(jose.JSONWebKey{Key: key.Private.Public()})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// head returns the header of a proof for GET /orders, and body returns the
// claims. pairs contains names and values of members. These replace the default
// members, as in [forge.Maker.Header].
func (c *client) head(pairs ...string) string {
	if !slices.Contains(pairs, "jwk") {
		pairs = append(pairs, "jwk", jwkOf(c.key))
	}
	return forge.Maker{Key: c.key}.Header(append([]string{"kid", "", "typ", `"dpop+jwt"`}, pairs...)...)
}

func (c *client) body(pairs ...string) string {
	c.count++
	all := map[string]string{
		"jti": fmt.Sprintf(`"proof-%d"`, c.count), "htm": `"GET"`, "htu": `"` + publicOrigin + `/orders"`,
		"iat": fmt.Sprint(now.Unix()), "ath": `"` + base64.RawURLEncoding.EncodeToString(sha256Sum(c.token)) + `"`,
	}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	var members []string
	for _, name := range []string{"jti", "htm", "htu", "iat", "ath", "exp", "nbf", "nonce", "x"} {
		if all[name] != "" {
			members = append(members, `"`+name+`":`+all[name])
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (c *client) signed(head, body string) string { return forge.Maker{Key: c.key}.Token(head, body) }

// proof returns a valid proof. pairs contains names and values of claims, which
// replace the default claims.
func (c *client) proof(pairs ...string) string { return c.signed(c.head(), c.body(pairs...)) }

// credentials returns the credentials of a request to GET /orders.
func (c *client) credentials(proofs ...string) middleware.Credentials {
	return middleware.Credentials{Token: c.token, Scheme: "DPoP", Method: "GET", URL: "/orders", Proofs: proofs}
}

func (c *client) send(t *testing.T, proofs ...string) error {
	t.Helper()
	_, err := c.v.Verify(t.Context(), c.credentials(proofs...))
	return err
}

// wants fails the test unless errors.Is(got, want). If want is nil, got must be
// nil, too.
func wants(t *testing.T, got, want error) {
	t.Helper()
	if want == nil && got != nil || want != nil && !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// authorize sends an HTTP request to GET /orders.
func (c *client) authorize(t *testing.T, scheme string, proofs ...string) (http.Header, error) {
	t.Helper()
	r := request(t, scheme+" "+c.token)
	r.URL.Path = "/orders"
	r.Header["Dpop"] = proofs
	h := make(http.Header)
	_, err := c.v.Authorize(h, r)
	return h, err
}

func TestConfirmationIsRead(t *testing.T) {
	c := newClient(t)
	jkt := thumbprintOf(c.key)
	last := "AEIMQUYcgkosw048" // possible last characters of 32 bytes in base64url
	wrong := string(last[(strings.IndexByte(last, jkt[42])+1)%len(last)])
	for _, tt := range []struct {
		name, cnf string
		want      error
	}{
		{"the thumbprint of the key", `{"jkt":"` + jkt + `"}`, nil},
		{"the thumbprint with an escape", `{"jkt":"` + jkt[:1] + fmt.Sprintf(`\u%04x`, jkt[1]) + jkt[2:] + `"}`, nil},
		{"the name with an escape", `{"\u006akt":"` + jkt + `"}`, nil},
		{"no cnf", "", middleware.ErrUnbound},
		{"another thumbprint", `{"jkt":"` + jkt[:42] + wrong + `"}`, middleware.ErrProofKey},
		{"an empty thumbprint", `{"jkt":""}`, middleware.ErrConfirmation},
		{"a thumbprint that is too short", `{"jkt":"` + jkt[:42] + `"}`, middleware.ErrConfirmation},
		{"a thumbprint that is too long", `{"jkt":"` + jkt + `A"}`, middleware.ErrConfirmation},
		{"a thumbprint with padding", `{"jkt":"` + jkt + `="}`, middleware.ErrConfirmation},
		{"bits after the hash", `{"jkt":"` + jkt[:42] + `B"}`, middleware.ErrConfirmation},
		{"standard base64", `{"jkt":"+` + jkt[1:] + `"}`, middleware.ErrConfirmation},
		{"a line break in the thumbprint", `{"jkt":"` + jkt[:42] + `\n"}`, middleware.ErrConfirmation},
		{"a line break instead of the last character", `{"jkt":"` + strings.Repeat("A", 42) + `\n"}`, middleware.ErrConfirmation},
		{"a thumbprint in hexadecimal", `{"jkt":"` + strings.Repeat("0a", 32) + `"}`, middleware.ErrConfirmation},
		{"a thumbprint that is a number", `{"jkt":1}`, middleware.ErrConfirmation},
		{"a thumbprint that is null", `{"jkt":null}`, middleware.ErrConfirmation},
		{"a thumbprint in an array", `{"jkt":["` + jkt + `"]}`, middleware.ErrConfirmation},
		{"a name in capitals", `{"JKT":"` + jkt + `"}`, middleware.ErrConfirmation},
		{"a certificate, too", `{"jkt":"` + jkt + `","x5t#S256":"` + jkt + `"}`, middleware.ErrConfirmation},
		{"a certificate, too, first", `{"x5t#S256":"` + jkt + `","jkt":"` + jkt + `"}`, middleware.ErrConfirmation},
		{"only a certificate", `{"x5t#S256":"` + jkt + `"}`, middleware.ErrConfirmation},
		{"an unknown member, too", `{"jkt":"` + jkt + `","osc":{}}`, middleware.ErrConfirmation},
		{"a member that is null, too", `{"jkt":"` + jkt + `","kid":null}`, middleware.ErrConfirmation},
		{"the thumbprint twice", `{"jkt":"` + jkt + `","jkt":"` + jkt + `"}`, middleware.ErrMalformed},
		{"no member", `{}`, middleware.ErrConfirmation},
		{"null", `null`, middleware.ErrConfirmation},
		{"a number", `1`, middleware.ErrConfirmation},
		{"false", `false`, middleware.ErrConfirmation},
		{"an array", `[{"jkt":"` + jkt + `"}]`, middleware.ErrConfirmation},
		{"a string", `"` + jkt + `"`, middleware.ErrConfirmation},
		{"an object in a string", `"{\"jkt\":\"` + jkt + `\"}"`, middleware.ErrConfirmation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.token = c.bound(tt.cnf)
			wants(t, c.send(t, c.proof()), tt.want)
			if tt.want != nil && !errors.Is(tt.want, middleware.ErrUnbound) { // this token must also be refused as a bearer token
				if _, err := c.v.Verify(t.Context(), middleware.Credentials{Token: c.token}); err == nil {
					t.Error("the token was accepted as a bearer token")
				}
			}
		})
	}
}

// The scheme must fit the binding of the token, in every mode and with any
// number of proofs.
func TestSchemeAndBinding(t *testing.T) {
	modes := map[string]func(*middleware.Config){
		"without DPoP": func(c *middleware.Config) { c.DPoP = nil }, "with DPoP": func(*middleware.Config) {}, "DPoP required": func(c *middleware.Config) { c.DPoP.Required = true },
	}
	const plain, bound, certificate = "a plain token", "a bound token", "a token with a certificate"
	ok := errors.New("accepted")
	for _, tt := range []struct {
		mode, scheme, token string
		none, one, two      error // the results with 0, 1 and 2 proofs
	}{
		{"without DPoP", "Bearer", plain, ok, ok, ok}, // an unneeded proof is ignored
		{"without DPoP", "Bearer", bound, middleware.ErrConfirmation, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"without DPoP", "Bearer", certificate, middleware.ErrConfirmation, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"without DPoP", "DPoP", plain, middleware.ErrNoToken, middleware.ErrNoToken, middleware.ErrNoToken},
		{"without DPoP", "DPoP", bound, middleware.ErrNoToken, middleware.ErrNoToken, middleware.ErrNoToken},
		{"with DPoP", "Bearer", plain, ok, ok, ok},
		{"with DPoP", "Bearer", bound, middleware.ErrBound, middleware.ErrBound, middleware.ErrBound},
		{"with DPoP", "Bearer", certificate, middleware.ErrConfirmation, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"with DPoP", "DPoP", plain, middleware.ErrUnbound, middleware.ErrUnbound, middleware.ErrUnbound},
		{"with DPoP", "DPoP", bound, middleware.ErrProof, ok, middleware.ErrProof},
		{"with DPoP", "dpop", bound, middleware.ErrProof, ok, middleware.ErrProof},
		{"with DPoP", "DPoP", certificate, middleware.ErrConfirmation, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"with DPoP", "Basic", plain, middleware.ErrNoToken, middleware.ErrNoToken, middleware.ErrNoToken},
		{"DPoP required", "Bearer", plain, middleware.ErrUnbound, middleware.ErrUnbound, middleware.ErrUnbound},
		{"DPoP required", "Bearer", bound, middleware.ErrBound, middleware.ErrBound, middleware.ErrBound},
		{"DPoP required", "DPoP", plain, middleware.ErrUnbound, middleware.ErrUnbound, middleware.ErrUnbound},
		{"DPoP required", "DPoP", bound, middleware.ErrProof, ok, middleware.ErrProof},
	} {
		c := newClient(t, modes[tt.mode])
		c.token = map[string]string{plain: c.Good(), bound: c.token, certificate: c.bound(`{"x5t#S256":"` + thumbprintOf(c.key) + `"}`)}[tt.token]
		for n, want := range []error{tt.none, tt.one, tt.two} {
			t.Run(fmt.Sprintf("%s/%s/%s/%d proofs", tt.mode, tt.scheme, tt.token, n), func(t *testing.T) {
				if want == ok { //nolint:errorlint // the value itself
					want = nil
				}
				proofs := func() []string { return []string{c.proof(), c.proof()}[:n] }
				presented := c.credentials(proofs()...)
				presented.Scheme = tt.scheme
				_, err := c.v.Verify(t.Context(), presented)
				wants(t, err, want)
				_, err = c.authorize(t, tt.scheme, proofs()...)
				wants(t, err, want)
			})
		}
	}
}

// Either the JWT or its introspection answer may contain cnf. If both contain
// cnf, both must name the same key.
func TestBindingInTheAnswerAboutAJWT(t *testing.T) {
	key := testserver.GenerateKey("ES256", "client")
	jkt := `{"jkt":"` + thumbprintOf(key) + `"}`
	other := `{"jkt":"` + thumbprintOf(testserver.GenerateKey("ES256", "")) + `"}`
	for _, tt := range []struct {
		name, inToken, inAnswer string
		want, wantBearer        error
	}{
		{"in neither", "", "", middleware.ErrUnbound, nil},
		{"in both", jkt, jkt, nil, middleware.ErrBound},
		{"only in the token", jkt, "", nil, middleware.ErrBound},
		{"only in the answer", "", jkt, nil, middleware.ErrBound},
		{"another key in the answer", jkt, other, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"a certificate in the answer", jkt, `{"x5t#S256":"x"}`, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"a certificate only in the answer", "", `{"x5t#S256":"x"}`, middleware.ErrConfirmation, middleware.ErrConfirmation},
		{"null in the answer", jkt, "null", middleware.ErrConfirmation, middleware.ErrConfirmation},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stub := stubAnswering(`{"active":true,"token_type":"Bearer"` + strings.TrimSuffix(`,"cnf":`+tt.inAnswer, `,"cnf":`) + `}`)
			c := newClient(t, func(c *middleware.Config) {
				c.Issuers[0].Introspection, c.Issuers[0].IntrospectionMode = stub.client(t), middleware.IntrospectJWTs
			})
			c.use(key)
			c.token = c.bound(tt.inToken)
			for range 2 { // the second time, the token can be in the cache
				wants(t, c.send(t, c.proof()), tt.want)
				_, err := c.v.Verify(t.Context(), middleware.Credentials{Token: c.token})
				wants(t, err, tt.wantBearer)
			}
		})
	}
}

// Keycloak writes typ "DPoP" instead of "Bearer" into tokens that are bound to
// a key.
func TestMarkOfABoundToken(t *testing.T) {
	c := newClient(t, func(c *middleware.Config) { c.Issuers[0].Mark = "typ=Bearer" })
	cnf := `{"jkt":"` + thumbprintOf(c.key) + `"}`
	for _, tt := range []struct {
		name, typ, cnf string
		want           error
	}{
		{"DPoP and a key", `"DPoP"`, cnf, nil},
		{"Bearer and a key", `"Bearer"`, cnf, nil},
		{"DPoP without a key", `"DPoP"`, "", middleware.ErrType},
		{"DPoP with a certificate", `"DPoP"`, `{"x5t#S256":"x"}`, middleware.ErrType},
		{"ID and a key", `"ID"`, cnf, middleware.ErrType},
		{"nothing and a key", "", cnf, middleware.ErrType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.token = c.bound(tt.cnf, "typ", tt.typ)
			wants(t, c.send(t, c.proof()), tt.want)
		})
	}
}
