package httpauth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// minAllocations returns the smallest number of allocations that a call of f
// makes. A mean is not reliable, because a sync.Pool drops entries at random
// under the race detector.
func minAllocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestAllocationsOfTheAdapter(t *testing.T) {
	as, v := newVerifier(t)
	token := as.Token(testserver.Audience("api"), testserver.Scope("read"))
	verify := func() {
		if _, err := v.Verify(t.Context(), middleware.Credentials{Token: token}); err != nil {
			t.Error(err)
		}
	}
	served := 0
	handler := httpauth.Require(v, scopes.All("read"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	serve := func() { handler.ServeHTTP(w, r) }
	serve()
	if got, without := minAllocations(serve), minAllocations(verify); got > without+5 || served == 0 {
		t.Errorf("got %v allocations with the adapter and %v without it, want at most 5 more", got, without)
	}
}
