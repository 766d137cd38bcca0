package jwks_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// While a key is published, the pointer to it must not change, because callers
// that cache verification results compare keys by pointer.
func TestPublishedKeyKeepsItsPointer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stays, goes := freshRSA("stays"), freshEC("swapped")
		s := newSite(respondOK(set(stays, goes)))
		r := s.remote(t, jwks.Options{MaxAge: time.Minute})
		find := func(kid, algorithm string) any {
			t.Helper()
			key, err := r.Key(t.Context(), kid, algorithm)
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		first, second := find("stays", "RS256"), find("swapped", "ES256")
		for range 3 {
			before := s.count()
			time.Sleep(2 * time.Minute)
			if again := find("stays", "RS256"); again != first || s.count() == before {
				t.Errorf("got the same key: %t after %d fetches, want true after at least 1", again == first, s.count()-before)
			}
			if withoutID := find("", "ES256"); withoutID != find("swapped", "ES256") || withoutID != second {
				t.Error("got another key for a token without a key ID")
			}
		}
		s.setAnswer(respondOK(set(stays, freshEC("swapped"))))
		time.Sleep(2 * time.Minute)
		if find("swapped", "ES256") == second || find("", "ES256") == second {
			t.Error("got the key that was replaced under its key ID")
		}
		if find("stays", "RS256") != first {
			t.Error("got another pointer for an unchanged key")
		}
	})
}

func TestKeyDoesNotAllocate(t *testing.T) {
	keys := mustParse(t, set(freshRSA("a"), freshEC("b"), freshOKP("c")))
	for kid, algorithm := range map[string]string{"a": "RS256", "b": "ES256", "c": "Ed25519"} {
		find := func() {
			if _, err := keys.Key(t.Context(), kid, algorithm); err != nil {
				t.Error(err)
			}
		}
		if got := testing.AllocsPerRun(100, find); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", algorithm, got)
		}
	}
}
