package snippets

import (
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func BenchmarkOrders(b *testing.B) {
	as := testserver.New(b, testserver.SigningAlg("RS256"))
	v, err := middleware.NewVerifier(middleware.Config{
		Audience:   "api",
		Issuers:    []middleware.Issuer{{URL: as.Issuer()}},
		Client:     as.Client(),
		TokenCache: -1, // each request runs every check; without this line, the token is cached
	})
	if err != nil {
		b.Fatal(err)
	}
	api := newAPI(v) // your http.Handler
	r := as.Authorize(httptest.NewRequest("GET", "/orders", nil), testserver.Scope("orders:read"))
	for b.Loop() {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatalf("got %d, want 200", w.Code)
		}
	}
}
