package jwks_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// A fetch that ends with panic(nil) counts as failed. It must not be treated as
// a 304, which would renew the set.
func TestPanicNilDoesNotRenewTheSet(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		s.setAnswer(func(*http.Request) (*http.Response, error) { panic(nil) }) //nolint:govet // the test needs a panic with a nil value
		time.Sleep(5 * time.Minute)
		assertKey(t, r, "a")
		if got := r.Stats(); got.Failures["panic"] != 1 || got.Age != 5*time.Minute || !errors.Is(got.Err, jwks.ErrUnavailable) {
			t.Errorf("got %+v, want a failure and the old set", got)
		}
	})
}
