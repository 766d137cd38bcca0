package testserver_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// A token with a defect is good in every other way.
func ExampleWith() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	token := as.Token(testserver.Subject("alice"), testserver.With(testserver.AlgNone))
	_, signature, _ := strings.Cut(token[strings.Index(token, ".")+1:], ".")
	status, code := testserver.AlgNone.Expect()
	fmt.Printf("sub %s, signature %q: want %d %s\n", claims(token).Sub, signature, status, code)
	// Output: sub alice, signature "": want 401 invalid_token
}

func ExampleDefects() {
	for d := range testserver.Defects() {
		if status, code := d.Expect(); status != http.StatusUnauthorized {
			fmt.Println(d, status, code)
		}
	}
	// Output: missing-scope 403 insufficient_scope
}

// A test of one's own over all bad tokens; CheckAPI looks at more than the
// status.
func ExampleServer_BadTokens() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.Header.Get("Authorization"), ".") == 2 { // not much of a check
			w.WriteHeader(http.StatusUnauthorized)
		}
	})

	for defect, token := range as.BadTokens(testserver.Scope("orders:read")) {
		req := httptest.NewRequest("GET", "/orders", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, req)
		if want, _ := defect.Expect(); rec.Code != want {
			fmt.Printf("%s: got %d, want %d\n", defect, rec.Code, want)
		}
	}
	// Output:
	// missing-scope: got 401, want 403
	// four-segments: got 200, want 401
	// encrypted: got 200, want 401
}

// printer stands in for the *testing.T of a test.
type printer struct{ testing.T }

func (*printer) Context() context.Context { return context.Background() }

func (*printer) Errorf(format string, args ...any) {
	first, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n") // why and how to fix it follow
	fmt.Println(first)
}

// An API that takes the role from the wrong claim, and what its test says.
func ExampleRequireClaim() {
	t := new(printer) // in a test its *testing.T
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

	testserver.CheckAPI(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, testserver.Claim("/resource_access/shop/roles", []string{"admin"}), testserver.RequireClaim("/realm_access/roles", "admin"))
	// Output:
	// CheckAPI: missing-claim: got 200 without WWW-Authenticate, want 403 with error="insufficient_scope"
	// CheckAPI: look-alike-claim: got 200 without WWW-Authenticate, want 403 with error="insufficient_scope"
}

// An API that accepts tokens for other APIs, and what its test says.
func ExampleCheckAPI() {
	t := new(printer) // in a test its *testing.T
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

	testserver.CheckAPI(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, testserver.RequireScope("orders:read"))
	// Output:
	// CheckAPI: wrong-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
	// CheckAPI: missing-audience: got 200 without WWW-Authenticate, want 401 with error="invalid_token"
}
