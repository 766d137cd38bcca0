package apitest_test

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// protected returns an API behind the middleware. The API trusts the given
// authorization server.
func protected(t *testing.T, as *testserver.Server, change func(*middleware.Config), need ...scopes.Requirement) http.Handler {
	t.Helper()
	config := middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	}
	if change != nil {
		change(&config)
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	return httpauth.Require(v, need...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, httpauth.Token(r).Subject)
	}))
}

func TestMiddlewarePassesWithEveryAlgorithm(t *testing.T) {
	for _, alg := range []testserver.Alg{
		"ES256", "ES384", "ES512", "EdDSA",
		"RS256", "RS384", "PS256", "PS512",
	} {
		t.Run(string(alg), func(t *testing.T) {
			as := testserver.New(t, testserver.SigningAlg(alg))
			apitest.Check(t, as, protected(t, as, nil, scopes.All("orders:read")), orders, apitest.RequireScope("orders:read"))
		})
	}
	for _, alg := range []testserver.Alg{"HS256", "HS384", "HS512"} {
		t.Run(string(alg), func(t *testing.T) {
			as := testserver.New(t, testserver.SigningAlg(alg))
			api := protected(t, as, func(c *middleware.Config) {
				c.Issuers[0].Algorithms = []string{string(alg)}
				c.Issuers[0].Keys = jwks.Secret(as.SigningKey().ID, as.SigningKey().Secret)
			})
			apitest.Check(t, as, api, orders)
		})
	}
}

func TestMiddlewarePassesWithEveryConfiguration(t *testing.T) {
	for name, tt := range map[string]struct {
		options []testserver.Option
		change  func(*middleware.Config)
		need    []scopes.Requirement
		checks  []apitest.Option
	}{
		"the RFC 9068 profile": {
			change: func(c *middleware.Config) { c.Issuers[0].Profile = middleware.RFC9068 },
			checks: []apitest.Option{apitest.AlsoDefect(testserver.MissingSub)},
		},
		"another audience": {
			change: func(c *middleware.Config) { c.Audience = "https://api.example.com" },
			checks: []apitest.Option{apitest.Token(testserver.Audience("https://api.example.com", "other"))},
		},
		"two scopes": {
			need:   []scopes.Requirement{scopes.All("a", "b")},
			checks: []apitest.Option{apitest.RequireScope("a"), apitest.RequireScope("b")},
		},
		"roles that are read as scopes": {
			change: func(c *middleware.Config) { c.Issuers[0].ScopeClaims = []string{"/realm_access/roles"} },
			need:   []scopes.Requirement{scopes.All("admin", "auditor")},
			checks: []apitest.Option{
				apitest.RequireClaim("/realm_access/roles", "admin"), apitest.RequireClaim("/realm_access/roles", "auditor"),
			},
		},
		"a requirement on a claim": {
			need:   []scopes.Requirement{scopes.Claim("/realm_access/roles", "admin")},
			checks: []apitest.Option{apitest.RequireClaim("/realm_access/roles", "admin"), apitest.Token(testserver.Scope("a"))},
		},
		"a role and a scope": {
			need:   []scopes.Requirement{scopes.All("orders:read"), scopes.Claim("/realm_access/roles", "Task Reader")},
			checks: []apitest.Option{apitest.RequireScope("orders:read"), apitest.RequireClaim("/realm_access/roles", "Task Reader")},
		},
		"one of several roles": {
			need: []scopes.Requirement{scopes.Claim("/realm_access/roles", "admin", "user")},
			checks: []apitest.Option{
				apitest.Token(testserver.Claim("realm_access", map[string]any{"roles": []string{"user"}})), apitest.RequireClaim("/realm_access/roles", "admin"),
			},
		},
		"a claim with one string": {
			change: func(c *middleware.Config) { c.Issuers[0].ScopeClaims = []string{"role"} },
			need:   []scopes.Requirement{scopes.All("admin")},
			checks: []apitest.Option{apitest.Token(testserver.Claim("role", "admin")), apitest.RequireClaim("role", "admin")},
		},
		"an issuer that marks its access tokens": {
			change: func(c *middleware.Config) { c.Issuers[0].Mark = "typ=Bearer" },
			checks: []apitest.Option{apitest.Token(testserver.Claim("typ", "Bearer"))},
		},
		"a server with TLS":     {options: []testserver.Option{testserver.TLS()}},
		"a server in memory":    {options: []testserver.Option{testserver.InMemory()}},
		"an issuer with a path": {options: []testserver.Option{testserver.IssuerURL("http://login.example.com/tenant/")}, change: allowHTTP},
		"optional defects":      {checks: []apitest.Option{apitest.AlsoDefect(testserver.Oversized)}},
		"custom claims":         {checks: []apitest.Option{apitest.Token(testserver.Subject("alice"), testserver.Claim("tenant", "acme"))}},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t, tt.options...)
			apitest.Check(t, as, protected(t, as, tt.change, tt.need...), orders, tt.checks...)
		})
	}
}

func allowHTTP(c *middleware.Config) { c.Issuers[0].InsecureHTTP = true }

func TestCheckInASynctestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		begin := time.Now()
		apitest.Check(t, as, protected(t, as, nil), orders)
		if passed := time.Since(begin); passed != 0 {
			t.Errorf("got a check that took %v, want a check that does not wait", passed)
		}

		stuck := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		found := findings(t, as, stuck)
		wantAll(t, found["no-answer"], "none within 10s", "a good token")
	})
}

func TestCheckContinuesAfterAnEchoedToken(t *testing.T) {
	as := testserver.New(t)
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("Authorization")) })
	found := findings(t, as, open)
	for _, kind := range []string{"token-echoed", "expired", "alg-none", "no-token"} {
		if found[kind] == "" {
			t.Errorf("got no failure %s", kind)
		}
	}
}

func TestCheckURL(t *testing.T) {
	as := testserver.New(t)
	mux := http.NewServeMux()
	mux.Handle("POST /v1/orders", protected(t, as, nil, scopes.All("orders:write")))
	plain := httptest.NewServer(mux)
	defer plain.Close()
	post := func() *http.Request {
		return httptest.NewRequest("POST", "http://elsewhere.example/orders?page=1", strings.NewReader(`{"n":1}`))
	}
	apitest.CheckURL(t, as, plain.URL+"/v1", post, apitest.RequireScope("orders:write"))
	apitest.CheckURL(t, as, plain.URL+"/v1/", post, apitest.RequireScope("orders:write"))

	tb := &recorder{TB: t}
	apitest.CheckURL(tb, as, "http://"+program.Address(t), post)
	if len(tb.errors) != 1 {
		t.Fatalf("got %d failures, want 1: %q", len(tb.errors), tb.errors)
	}
	wantAll(t, tb.errors[0], "apitest.CheckURL: no-answer: ")
}

// rootsOf returns the root certificates to trust for a server with TLS.
func rootsOf(api *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(api.Certificate())
	return roots
}

func TestCheckURLComparesHTTP2IfOffered(t *testing.T) {
	as := testserver.New(t)
	for name, tt := range map[string]struct {
		http2 bool
		want  string
	}{
		"HTTP/2 is offered":     {true, "http2-differs"},
		"HTTP/2 is not offered": {false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewUnstartedServer(newVulnerableAPI(as, "HTTP/2 is trusted"))
			api.EnableHTTP2 = tt.http2
			api.StartTLS()
			defer api.Close()
			tb := &recorder{TB: t}
			apitest.CheckURL(tb, as, api.URL, orders, apitest.RequireScope("orders:read"), apitest.Roots(rootsOf(api)))
			if text := strings.Join(tb.errors, "\n"); len(tb.errors) > 1 || !strings.HasPrefix(strings.TrimPrefix(text, "apitest.CheckURL: "), tt.want) || (tt.want == "") != (text == "") {
				t.Errorf("got %q, want only %q", text, tt.want)
			}
		})
	}
}

func TestRequestsAreSentUnchanged(t *testing.T) {
	as := testserver.New(t)
	api := newVulnerableAPI(as, "")
	var seen []string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, fmt.Sprint(r.Method, " ", r.Host, r.URL.Path, " ", r.URL.Query().Get("q"), " ", r.Header.Get("X-Tenant"), " ", string(body)))
		api.ServeHTTP(w, r)
	})
	apitest.Check(t, as, handler, func() *http.Request {
		r := httptest.NewRequest("PUT", "http://api.example/a%2Fb?q=1", strings.NewReader("body"))
		r.Header.Set("X-Tenant", "acme")
		r.Header.Set("Authorization", "Basic eDp5")
		return r
	}, apitest.RequireScope("orders:read"))
	if slices.Sort(seen); seen[0] != "PUT api.example/a/b 1 acme body" || seen[0] != seen[len(seen)-1] {
		t.Errorf("got requests from %q to %q, want all requests as newRequest returned them", seen[0], seen[len(seen)-1])
	}
}

func TestAPIThatRefusesTheGoodTokenIsOneFailure(t *testing.T) {
	as := testserver.New(t)
	found := findings(t, as, newVulnerableAPI(as, ""), apitest.Token(testserver.Audience("other")))
	if len(found) != 1 {
		t.Errorf("got %q, want only the good token", found)
	}
	wantAll(t, found["good-token"], "got 401 with WWW-Authenticate: Bearer", "want 2xx", "RFC 6750 §2.1", "Audience", "newRequest")
}

func TestSkipDefectAndAlsoDefect(t *testing.T) {
	as := testserver.New(t)
	scope := apitest.RequireScope("orders:read")
	if found := findings(t, as, newVulnerableAPI(as, "cnf is ignored"), scope, apitest.SkipDefect(testserver.BoundAsBearer)); len(found) != 0 {
		t.Errorf("got %q, want the skipped defect not reported", found)
	}
	api := newVulnerableAPI(as, "")
	found := findings(t, as, api, scope, apitest.AlsoDefect(testserver.MissingSub))
	if len(found) != 1 {
		t.Errorf("got %q, want only missing-sub", found)
	}
	wantAll(t, found["missing-sub"], "got 200", "RFC 9068 §2.2", "Require sub")
	api.hole = "the subject is required"
	if found := findings(t, as, api, scope, apitest.AlsoDefect(testserver.MissingSub)); len(found) != 0 {
		t.Errorf("got %q, want nothing", found)
	}
}

func TestInvalidArgumentsEndTheTest(t *testing.T) {
	as := testserver.New(t)
	api := newVulnerableAPI(as, "")
	check := func(opts ...apitest.Option) func(*recorder) {
		return func(tb *recorder) { apitest.Check(tb, as, api, orders, opts...) }
	}
	for name, tt := range map[string]struct {
		run  func(*recorder)
		want []string
	}{
		"nil arguments":                    {func(tb *recorder) { apitest.Check(tb, nil, nil, nil, nil) }, []string{"server is nil", "API is nil", "newRequest is nil", "option 1 is nil"}},
		"an unknown defect":                {check(apitest.SkipDefect("alg-nine")), []string{`SkipDefect: "alg-nine"`, "alg-none"}},
		"another unknown defect":           {check(apitest.AlsoDefect("x")), []string{`AlsoDefect: "x"`}},
		"a malformed scope":                {check(apitest.RequireScope("a b")), []string{`RequireScope: "a b" is not a scope`, "RFC 6749 §3.3"}},
		"a malformed pointer":              {check(apitest.RequireClaim("/a~2", "b")), []string{`apitest.Check: RequireClaim: "/a~2": in a JSON Pointer, write ~ as ~0`}},
		"no value of a claim":              {check(apitest.RequireClaim("roles", "")), []string{`RequireClaim: "roles", "": give a claim and a value`}},
		"no claim":                         {check(apitest.RequireClaim("", "admin")), []string{`RequireClaim: "", "admin": give a claim`}},
		"a pointer through a string":       {check(apitest.RequireClaim("/sub/roles", "admin")), []string{`claim "/sub/roles": "sub" is not an object`}},
		"a defect in every token":          {check(apitest.Token(testserver.With(testserver.Expired))), []string{`With("expired") would make the good token a bad one`}},
		"a claim that is not JSON":         {check(apitest.Token(testserver.Claim("f", func() {}))), []string{`claim "f"`}},
		"a retired key without a rotation": {check(apitest.AlsoDefect(testserver.RetiredKey)), []string{"first retire a key"}},
		"a URL without a scheme": {func(tb *recorder) { apitest.CheckURL(tb, as, "localhost:8080", orders) },
			[]string{"apitest.CheckURL: ", `"localhost:8080"`, "http://localhost:8080"}},
	} {
		t.Run(name, func(t *testing.T) { wantAll(t, fatalText(t, tt.run), tt.want...) })
	}
}

func TestFailuresShowOnlyTheFingerprintOfAToken(t *testing.T) {
	as := testserver.New(t)
	var first string
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first == "" {
			first = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="api", error_description="cannot take %s %s"`,
			url.QueryEscape(r.Header.Get("Authorization")), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
		w.WriteHeader(http.StatusUnauthorized)
	})
	found := findings(t, as, echo)
	wantAll(t, found["good-token"], "[token] [token]", "fingerprint "+fingerprint(first))
}
