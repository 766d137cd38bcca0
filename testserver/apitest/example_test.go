package apitest_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// printer stands in for the *testing.T of a test and prints the failures.
type printer struct{ testing.T }

func (*printer) Context() context.Context { return context.Background() }

func (*printer) Errorf(format string, args ...any) {
	first, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n") // the other lines: the request, the reason, the fix
	fmt.Println(first)
}

// This API reads the role from the wrong claim. The output shows what a test of
// the API reports.
func ExampleRequireClaim() {
	t := new(printer) // in a test, its *testing.T
	as := testserver.New(t)
	defer as.Close()

	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer(), ScopeClaims: []string{"/resource_access/shop/roles"}}},
		Client:   as.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	list := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "[]") }
	api := httpauth.Require(v, scopes.All("admin"))(http.HandlerFunc(list))

	apitest.Check(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.Token(testserver.Claim("/resource_access/shop/roles", []string{"admin"})), apitest.RequireClaim("/realm_access/roles", "admin"))
	// Output:
	// apitest.Check: missing-claim: got 200 without WWW-Authenticate, want 403 with error="insufficient_scope"
	// apitest.Check: look-alike-claim: got 200 without WWW-Authenticate, want 403 with error="insufficient_scope"
}

// anySource takes the certificate from the header field of a proxy, even if the
// request does not come from the proxy.
type anySource struct{}

func (anySource) Thumbprint(r *http.Request) (string, error) {
	if block, _ := pem.Decode(unescaped(r.Header.Get("X-Client-Cert"))); block != nil {
		sum := sha256.Sum256(block.Bytes)
		return base64.RawURLEncoding.EncodeToString(sum[:]), nil
	}
	return clientcert.TLS.Thumbprint(r)
}

func unescaped(text string) []byte {
	text, _ = url.PathUnescape(text)
	return []byte(text)
}

// This API believes a header field that any client can send. The output shows
// what a test of the API reports.
func ExampleRequireClientCert() {
	t := new(printer) // in a test, its *testing.T
	as := testserver.New(t)
	defer as.Close()

	v, err := middleware.NewVerifier(middleware.Config{
		Audience:   "api",
		Issuers:    []middleware.Issuer{{URL: as.Issuer()}},
		Client:     as.Client(),
		ClientCert: anySource{},
	})
	if err != nil {
		log.Fatal(err)
	}
	list := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "[]") }
	apitest.Check(t, as, httpauth.Require(v)(http.HandlerFunc(list)), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireClientCert())
	// Output:
	// apitest.Check: forged-x-client-cert: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
}

// This API accepts tokens for other APIs. The output shows what a test of the
// API reports.
func ExampleCheck() {
	t := new(printer) // in a test, its *testing.T
	as := testserver.New(t)
	defer as.Close()

	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer(), InsecureNoAudience: true}},
		Client:   as.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	list := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "[]") }
	api := httpauth.Require(v, scopes.All("orders:read"))(http.HandlerFunc(list))

	apitest.Check(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"))
	// Output:
	// apitest.Check: wrong-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
	// apitest.Check: missing-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
}

// This API accepts a DPoP proof a second time. The output shows what a test of
// the API reports.
func ExampleRequireDPoP() {
	t := new(printer) // in a test, its *testing.T
	as := testserver.New(t)
	defer as.Close()
	api := newDPoPAPI(as, "replays are forgotten")
	api.origin = "https://api.example.com/v1"

	apitest.Check(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"), apitest.RequireDPoP(), apitest.Origin("https://api.example.com/v1"))
	// Output:
	// apitest.Check: dpop-replayed: got 200 without WWW-Authenticate, want 401 with error="invalid_dpop_proof" or 401 with error="use_dpop_nonce"
}

// This API does not check how and when the user logged in, and has no metadata.
// The output shows what a test of the API reports.
func ExampleRequireACR() {
	t := new(printer) // in a test, its *testing.T
	as := testserver.New(t)
	defer as.Close()

	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	pay := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "{}") }
	api := httpauth.Require(v)(http.HandlerFunc(pay))

	apitest.Check(t, as, api, func() *http.Request {
		return httptest.NewRequest("POST", "/payments", nil)
	}, apitest.RequireACR("urn:example:mfa"), apitest.RequireAuthWithin(5*time.Minute), apitest.RequireMetadata())
	// Output:
	// apitest.Check: missing-acr: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication"
	// apitest.Check: array-acr: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication" or 401 with error="invalid_token"
	// apitest.Check: look-alike-acr: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication"
	// apitest.Check: missing-auth-time: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication"
	// apitest.Check: future-auth-time: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication" or 401 with error="invalid_token"
	// apitest.Check: weak-acr: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication"
	// apitest.Check: stale-auth: got 200 without WWW-Authenticate, want 401 with error="insufficient_user_authentication"
	// apitest.Check: metadata-url: got 401 with WWW-Authenticate: Bearer realm="api", want resource_metadata="https://…/.well-known/oauth-protected-resource…"
}
