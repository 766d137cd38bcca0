package httpauth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestTokenIsTheVerifiedOneOrNil(t *testing.T) {
	as, v := newVerifier(t)
	var got string
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = "anonymous"
		if token := httpauth.Token(r); token != nil {
			got = token.Subject
		}
	})
	request := func() *http.Request { return httptest.NewRequestWithContext(t.Context(), "GET", "/", nil) }
	for name, test := range map[string]struct {
		handler http.Handler
		request *http.Request
		want    string
	}{
		"a route without the adapter":  {handler, as.Authorize(request()), "anonymous"},
		"an optional route, anonymous": {httpauth.Optional(v)(handler), request(), "anonymous"},
		"an optional route":            {httpauth.Optional(v)(handler), as.Authorize(request(), testserver.Subject("alice")), "alice"},
		"a required token":             {httpauth.Require(v)(handler), as.Authorize(request(), testserver.Subject("bob")), "bob"},
		"a refused token":              {httpauth.Require(v)(handler), as.Authorize(request(), testserver.Audience("another")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got = ""
			test.handler.ServeHTTP(httptest.NewRecorder(), test.request)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestUnconstructedVerifierRefuses(t *testing.T) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("E10: the handler ran") })
	for name, h := range map[string]http.Handler{"Require": httpauth.Require(nil)(handler), "Optional": httpauth.Optional(nil)(handler)} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
		if rec.Code != http.StatusInternalServerError || rec.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("E10: %s: got %d and %v, want 500 without a challenge", name, rec.Code, rec.Header())
		}
	}
}

func TestARouteKeepsTheRequirementsItWasMadeWith(t *testing.T) {
	as, v := newVerifier(t)
	need := []scopes.Requirement{scopes.All("admin")}
	route := httpauth.Require(v, need...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler ran") }))
	need[0] = scopes.All("read")
	w := httptest.NewRecorder()
	route.ServeHTTP(w, as.Authorize(httptest.NewRequest(http.MethodGet, "/", http.NoBody), testserver.Scope("read")))
	if w.Code != http.StatusForbidden {
		t.Errorf("got %d, want 403", w.Code)
	}
}

// A route checks its requirement against the request that the route received,
// even if a handler within the route changes the path.
func TestARequirementOnTheRequestIsCheckedByItsOwnRoute(t *testing.T) {
	as, v := newVerifier(t)
	orders := http.NewServeMux()
	orders.Handle("GET /orders", httpauth.Require(v)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.StripPrefix("/t/"+r.PathValue("tenant"), orders).ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("/t/{tenant}/", httpauth.Require(v, ownTenant{})(inner))
	for path, want := range map[string]int{"/t/acme/orders": http.StatusOK, "/t/other/orders": http.StatusForbidden} {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, as.Authorize(httptest.NewRequest("GET", path, nil), testserver.Claim("tenant", "acme")))
		if rec.Code != want {
			t.Errorf("%s: got %d, want %d", path, rec.Code, want)
		}
	}
}
