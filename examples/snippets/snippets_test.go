package snippets

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
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
}

func TestOtherSnippets(t *testing.T) {
	if _, err := newVerifier(); err != nil {
		t.Error(err)
	}
	if _, err := anotherAudience(); err != nil {
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

func TestRoutesRequireTheScopesOfTheirGroups(t *testing.T) {
	as := testserver.New(t)
	v := trusting(t, as)
	for name, api := range map[string]struct {
		http.Handler
		both string // path whose POST needs a scope in addition to the group's
	}{
		"net/http": {newAPI(v), "/orders"}, "Echo": {newEcho(v), "/admin/orders"}, "Gin": {newGin(v), "/admin/orders"},
	} {
		for _, tt := range []struct {
			method, path string
			scopes       []string
			want         int
		}{
			{http.MethodGet, "/orders", []string{"orders:read"}, http.StatusOK},
			{http.MethodGet, "/orders", []string{"orders:write"}, http.StatusForbidden},
			{http.MethodPost, api.both, []string{"orders:read", "admin"}, http.StatusOK},
			{http.MethodPost, api.both, []string{"orders:read"}, http.StatusForbidden},
			{http.MethodPost, api.both, []string{"orders:write"}, http.StatusForbidden},
		} {
			w := httptest.NewRecorder()
			r := as.Authorize(httptest.NewRequest(tt.method, tt.path, http.NoBody), testserver.Scope(tt.scopes...), testserver.Subject("alice"))
			api.ServeHTTP(w, r)
			if w.Code != tt.want || w.Code == http.StatusOK && w.Body.String() != "alice" {
				t.Errorf("%s: %s %s with %q: got %d %s, want %d", name, tt.method, tt.path, tt.scopes, w.Code, w.Body, tt.want)
			}
		}
	}
}

func TestAHandlerChecksAnotherScope(t *testing.T) {
	as := testserver.New(t)
	v := trusting(t, as)
	for target, want := range map[string]int{"/orders/1": http.StatusNoContent, "/orders/1?refund": http.StatusForbidden} {
		w := httptest.NewRecorder()
		httpauth.Require(v)(cancelOrder(v)).ServeHTTP(w, as.Authorize(httptest.NewRequest(http.MethodDelete, target, http.NoBody)))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
}

func TestReadinessNeedsKeys(t *testing.T) {
	as := testserver.New(t)
	ready := func(v *middleware.Verifier) int {
		mux := http.NewServeMux()
		operate(t.Context(), v, mux)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
		return w.Code
	}
	outage := as.Inject(testserver.EndpointJWKS, testserver.Status(http.StatusServiceUnavailable))
	if got := ready(trusting(t, as)); got != http.StatusServiceUnavailable {
		t.Errorf("got %d without keys, want 503", got)
	}
	outage.Remove()
	if got := ready(trusting(t, as)); got != http.StatusOK {
		t.Errorf("got %d with keys, want 200", got)
	}
}

func TestKeycloakRolesAreScopes(t *testing.T) {
	as := testserver.New(t, testserver.TLS(), testserver.IssuerURL("https://id.example.com/realms/shop"),
		testserver.Like("keycloak-roles"), testserver.Audience("orders-api"))
	config := keycloak()
	config.Client = as.Client()
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]int{"orders:read": http.StatusOK, "orders:write": http.StatusForbidden} {
		w := httptest.NewRecorder()
		newAPI(v).ServeHTTP(w, as.Authorize(httptest.NewRequest(http.MethodGet, "/orders", http.NoBody),
			testserver.Claim("/realm_access/roles", []string{role})))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", role, w.Code, want)
		}
	}
}
