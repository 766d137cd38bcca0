package snippets

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func TestOrders(t *testing.T) {
	as := testserver.New(t)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	api := newAPI(v)
	get := func(options ...testserver.TokenOption) int {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, as.Authorize(httptest.NewRequest("GET", "/orders", nil), options...))
		return w.Code
	}
	if got := get(testserver.Scope("orders:read")); got != 200 {
		t.Errorf("got %d for a good token, want 200", got)
	}
	if got := get(testserver.Scope("orders:read"), testserver.ExpiresIn(-time.Hour)); got != 401 {
		t.Errorf("got %d for an expired token, want 401", got)
	}

	apitest.Check(t, as, newAPI(v), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"))
}

func TestTheOtherSnippetsWork(t *testing.T) {
	if _, err := newVerifier(); err != nil {
		t.Error(err)
	}
	if _, err := opaqueTokens("secret"); err != nil {
		t.Error(err)
	}
	known := func(context.Context, string) (bool, error) { return true, nil }
	if _, err := middleware.NewVerifier(severalRealms(known)); err != nil {
		t.Error(err)
	}
	if _, err := middleware.NewVerifier(severalIssuers(make([]byte, 32))); err != nil {
		t.Error(err)
	}
	as := testserver.New(t)
	v, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, api := range map[string]http.Handler{"net/http": newAPI(v), "Echo": newEcho(v), "Gin": newGin(v)} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, as.Authorize(httptest.NewRequest(http.MethodGet, "/orders", http.NoBody), testserver.Scope("orders:read"), testserver.Subject("alice")))
		if w.Code != http.StatusOK || w.Body.String() != "alice" {
			t.Errorf("%s: got %d %s, want 200 alice", name, w.Code, w.Body)
		}
	}
	explain(t.Context(), v, as.Token())
	r := as.Authorize(httptest.NewRequest(http.MethodGet, "/", http.NoBody), testserver.Claim("tenant", "acme"))
	authorized, err := v.Authorize(make(http.Header), r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := tenant(authorized); got != "acme" || err != nil {
		t.Errorf("got tenant %q, %v, want acme", got, err)
	}
}
