package middleware_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func TestDPoPConfiguration(t *testing.T) {
	for want, change := range map[string]func(*middleware.Config){
		"":                   func(*middleware.Config) {},
		"DPoP needs Origins": func(c *middleware.Config) { c.Origins, c.Resource = nil, "" },
		"DPoP cannot be combined with TokenHeader": func(c *middleware.Config) { c.TokenHeader = "X-Token" },
		"DPoP: MaxAge must be between":             func(c *middleware.Config) { c.DPoP.MaxAge = time.Hour },
		"needs a shared secret":                    func(c *middleware.Config) { c.DPoP.Algorithms = []string{"ES256", "HS256"} },
	} {
		t.Run(want, func(t *testing.T) {
			s := newClient(t)
			config := middleware.Config{
				Audience: "api", Issuers: []middleware.Issuer{{URL: s.as.Issuer()}}, Client: s.as.Client(), Logger: quiet,
				Origins: []string{publicOrigin}, Resource: publicOrigin, DPoP: new(dpop.Policy),
			}
			change(&config)
			_, err := middleware.NewVerifier(config)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// The challenges name the schemes that the API accepts. The error is in the
// challenge of the client's scheme, if the API accepts it.
func TestChallengesOfDPoP(t *testing.T) {
	only := func(c *middleware.Config) { c.DPoP.Algorithms = []string{"ES256", "EdDSA"} }
	both := newClient(t, only)
	required := newClient(t, only, func(c *middleware.Config) { c.DPoP.Required = true })
	without := newClient(t, func(c *middleware.Config) { c.DPoP = nil })
	const algs, metadata = `, algs="ES256 EdDSA"`, `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
	const dpopScheme, bearer, write = `DPoP realm="api"`, `Bearer realm="api"`, `, scope="write"`
	failed := func(code, text string) string { return `, error="` + code + `", error_description="` + text + `"` }
	bound := failed("invalid_token", "token is bound to a key: it needs the scheme DPoP and a proof")
	expired := failed("invalid_token", "token is expired")
	scope := failed("insufficient_scope", "token does not meet the requirements of this resource") + write
	for _, tt := range []struct {
		name  string
		c     *client
		field string // the value of Authorization
		proof string
		want  []string // the challenges, without resource_metadata
	}{
		{"no token", both, "", "", []string{dpopScheme + write + algs, bearer + write}},
		{"another scheme", both, "Basic YTpi", "", []string{dpopScheme + write + algs, bearer + write}},
		{"no token, DPoP required", required, "", "", []string{dpopScheme + write + algs}},
		{"no token, without DPoP", without, "", "", []string{bearer + write}},
		{"a bad token as a bearer token", both, "Bearer " + both.Token(both.Header(), both.Claims("exp", "1")), "", []string{dpopScheme + algs, bearer + expired}},
		{"a bad token with the scheme DPoP", both, "DPoP " + both.Token(both.Header(), both.Claims("exp", "1")), "", []string{dpopScheme + expired + algs, bearer}},
		{"a bad bearer token, DPoP required", required, "Bearer " + required.Token(required.Header(), required.Claims("exp", "1")), "", []string{dpopScheme + expired + algs}},
		{"a bound token as a bearer token", both, "Bearer " + both.token, "", []string{dpopScheme + bound + algs, bearer + bound}},
		{"a bound token as a bearer token, DPoP required", required, "Bearer " + required.token, "", []string{dpopScheme + bound + algs}},
		{"a plain token, DPoP required", required, "Bearer " + required.Good(), "", []string{dpopScheme + failed("invalid_token", "token does not have the required binding") + algs}},
		{"a plain token with the scheme DPoP", both, "DPoP " + both.Good(), "", []string{dpopScheme + failed("invalid_token", "token does not have the required binding") + algs, bearer}},
		{"two tokens", both, "DPoP a b", "", []string{dpopScheme + failed("invalid_request", "request does not contain exactly one well-formed bearer token") + algs, bearer}},
		{"a scope that is missing", both, "DPoP " + both.token, both.proof(), []string{dpopScheme + scope + algs, bearer + write}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t)
			r.URL.Path = "/orders"
			if tt.field != "" {
				r.Header.Set("Authorization", tt.field)
			}
			if tt.proof != "" {
				r.Header["Dpop"] = []string{tt.proof}
			}
			h := http.Header{"Www-Authenticate": {"Basic"}}
			_, err := tt.c.v.Authorize(h, r, scopes.All("write"))
			if err == nil {
				t.Fatal("the request was accepted")
			}
			var want []string
			for _, challenge := range tt.want {
				want = append(want, challenge+metadata)
			}
			if got := h.Values("WWW-Authenticate"); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// A proof needs iat even if its nonce shows that the proof is recent (RFC 9449
// §4.2).
func TestNoncesNeedIAT(t *testing.T) {
	nonces := dpop.NewNonces(make([]byte, 32), time.Minute)
	c := newClient(t, func(c *middleware.Config) { c.DPoP.Nonces = nonces })
	wants(t, c.send(t, c.proof("nonce", `"`+nonces.Issue(now)+`"`, "iat", "")), middleware.ErrProof)
}
