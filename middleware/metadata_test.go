package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

// get requests a path from a mux that serves only the metadata of a Verifier,
// and returns the response.
func get(v *middleware.Verifier, path string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	mux.Handle(v.Metadata())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w
}

func TestE07TheMetadataIsTheConfiguration(t *testing.T) {
	const tenantA, tenantB = "72f988bf-86f1-41af-91ab-2d7cd011db47", "9188040d-6c67-4c5b-b112-36a304b66dad"
	keys := jwks.Secret("", make([]byte, 32))
	config := published("HTTPS://api.example.com:443/v1", "https://api.example.net")
	config.Audience = "https://api.example.com/v1"
	config.Issuers = []middleware.Issuer{
		{URL: "https://as.example.com/"}, {URL: "http://as.internal", InsecureHTTP: true},
		{URL: "http://adfs.example.com/adfs/services/trust", MetadataIssuer: "https://adfs.example.com/adfs"},
		{URL: "https://sts.example.com", MetadataIssuer: "https://as.example.com/"},
		{URL: "http://as.example.net", Keys: keys, Algorithms: []string{"HS256"}}, // not https
		{URL: "accounts.example.com", Keys: keys, Algorithms: []string{"HS256"}},  // not a URL
		{URL: "https://as.example.com/{tenantid}", AnyTenant: true, KeysURL: "https://as.example.com/keys"},
		{URL: "https://as.example.net/{tenantid}/v2.0", Tenants: []string{tenantA, tenantB}, KeysURL: "https://as.example.net/keys"},
	}
	config.Metadata = middleware.Metadata{
		Name: "Orders <&> \"Bücher\"", Documentation: "https://a.example/docs#auth", Policy: "https://a.example/policy", TermsOfService: "https://a.example/terms",
		Scopes: []string{"orders:write", "orders:read"},
	}
	v := newVerifier(t, config)
	config.Metadata.Scopes[0] = "changed"
	want := `{"resource":"https://api.example.com/v1","authorization_servers":["https://as.example.com/","http://as.internal","https://adfs.example.com/adfs",` +
		`"https://as.example.net/` + tenantA + `/v2.0","https://as.example.net/` + tenantB + `/v2.0"],` +
		`"scopes_supported":["orders:write","orders:read"],"bearer_methods_supported":["header"],"resource_name":"Orders \u003c\u0026\u003e \"Bücher\"",` +
		`"resource_documentation":"https://a.example/docs#auth","resource_policy_uri":"https://a.example/policy","resource_tos_uri":"https://a.example/terms"}`
	if got := get(v, "/.well-known/oauth-protected-resource/v1"); got.Code != http.StatusOK || got.Body.String() != want {
		t.Errorf("got %d and %s, want %s", got.Code, got.Body, want)
	}

	config = published("https://api.example.com/")
	config.TokenHeader = "X-Token"
	config.Issuers = []middleware.Issuer{{URL: "as", Keys: keys, Algorithms: []string{"HS256"}}}
	want = `{"resource":"https://api.example.com/","bearer_methods_supported":[]}`
	if got := get(newVerifier(t, config), "/.well-known/oauth-protected-resource").Body.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// If the URL of the first origin has a path, the path is appended to the
// well-known path (RFC 9728 §3.1). Challenges point to the resulting URL
// (§5.1).
func TestE08TheWellKnownPath(t *testing.T) {
	for origin, want := range map[string]string{
		"https://api.example.com":                 "https://api.example.com/.well-known/oauth-protected-resource",
		"https://api.example.com/":                "https://api.example.com/.well-known/oauth-protected-resource",
		"https://api.example.com/v1":              "https://api.example.com/.well-known/oauth-protected-resource/v1",
		"https://api.example.com/v1/":             "https://api.example.com/.well-known/oauth-protected-resource/v1/",
		"https://api.example.com/shop/v1":         "https://api.example.com/.well-known/oauth-protected-resource/shop/v1",
		"HTTPS://API.example.com:443/a/../v1":     "https://api.example.com/.well-known/oauth-protected-resource/v1",
		"http://127.0.0.1:8080/.well-known/x":     "http://127.0.0.1:8080/.well-known/oauth-protected-resource/.well-known/x",
		"https://[2001:db8::1]:8443/~user/a_b.c-": "https://[2001:db8::1]:8443/.well-known/oauth-protected-resource/~user/a_b.c-",
	} {
		t.Run(strings.ReplaceAll(origin, "/", "_"), func(t *testing.T) {
			config := published(origin, "https://api.example.net/v2")
			config.Resource = origin
			v := newVerifier(t, config)
			h := make(http.Header)
			if _, err := v.Authorize(h, request(t)); err == nil || !strings.HasSuffix(h.Get("WWW-Authenticate"), `, resource_metadata="`+want+`"`) {
				t.Errorf("got the challenge %s, want a challenge that contains %s", h.Get("WWW-Authenticate"), want)
			}
			_, path, _ := strings.Cut(strings.TrimPrefix(want, "https://"), "/.")
			if got := get(v, "/."+path); got.Code != http.StatusOK {
				t.Errorf("got %d at /.%s, want 200", got.Code, path)
			}
			for _, other := range []string{"/.well-known/oauth-protected-resource/v2", "/." + path + "/x", "/." + path + "x"} {
				if got := get(v, other); got.Code == http.StatusOK {
					t.Errorf("got 200 at %s", other)
				}
			}
		})
	}
}

func TestE07NoMetadataWithoutOrigins(t *testing.T) {
	for name, v := range map[string]*middleware.Verifier{
		"without origins": newSetup(t).v, "a zero Verifier": new(middleware.Verifier), "a nil Verifier": nil,
	} {
		pattern, _ := v.Metadata()
		if want := "/.well-known/oauth-protected-resource"; pattern != want {
			t.Errorf("%s: got the pattern %s, want %s", name, pattern, want)
		}
		if got := get(v, pattern); got.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", name, got.Code)
		}
	}
}

func TestE07TheETagFollowsTheDocument(t *testing.T) {
	etag := func(name string) string {
		config := published("https://api.example.com")
		config.Metadata.Name = name
		return get(newVerifier(t, config), "/.well-known/oauth-protected-resource").Header().Get("ETag")
	}
	if first, again, other := etag("a"), etag("a"), etag("b"); first == "" || first != again || first == other {
		t.Errorf("got the ETags %s and %s for one document and %s for another document", first, again, other)
	}
}

// A mux that has the pattern "GET /" would panic if the metadata handler were
// registered without a method. The handler is therefore registered for GET and
// for OPTIONS.
func TestE07TheMetadataBesideACatchAll(t *testing.T) {
	pattern, h := newVerifier(t, published("https://api.example.com/v1")).Metadata()
	mux := http.NewServeMux()
	mux.Handle("GET /", http.NotFoundHandler())
	mux.Handle("GET "+pattern, h)
	mux.Handle("OPTIONS "+pattern, h)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "OPTIONS": 204, "POST": 405} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, pattern, http.NoBody))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", method, w.Code, want)
		}
	}
}
