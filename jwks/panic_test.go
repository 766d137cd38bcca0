package jwks_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// A panic need not have a value to recover. It must not pass for a server that
// says that nothing has changed.
func TestAPanicWithoutAValueRenewsNothing(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		s.becomes(func(*http.Request) (*http.Response, error) { panic(nil) }) //nolint:govet // the point of the test
		time.Sleep(5 * time.Minute)
		has(t, r, "a")
		if got := r.Stats(); got.Failures["panic"] != 1 || got.Age != 5*time.Minute || !errors.Is(got.Err, jwks.ErrUnavailable) {
			t.Errorf("got %+v, want a failure and the old set", got)
		}
	})
}
