package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func TestOrders(t *testing.T) {
	as := testserver.New(t) // an authorization server inside the test
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	apitest.Check(t, as, newAPI(v), func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"))
}

func TestTheHandlerSeesTheToken(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/orders", http.NoBody)
	r = r.WithContext(middleware.WithToken(r.Context(), &middleware.Token{Subject: "alice"}))
	w := httptest.NewRecorder()
	listOrders(w, r)
	if got, want := w.Body.String(), "orders of alice\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
