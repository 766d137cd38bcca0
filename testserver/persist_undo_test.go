package testserver_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// A code that comes again while the first request with it waits for a file that
// cannot be written has two holders, and must not be good for either.
func TestAGrantThatEndsWhileNothingCanBeSavedIsNotGivenBack(t *testing.T) {
	path := statePath(t)
	var looks int
	between := func() {}
	clock := func() time.Time { // which a request looks at more than once, holding no lock
		if looks--; looks == 0 {
			between()
		}
		return atNoon()
	}
	s := kept(t, path, testserver.Clock(clock))
	replays := 0
	for at := 1; at < 10; at++ {
		code := codeFor(t, s, "scope", "openid")
		before := len(s.Events())
		free := obstruct(t, path)
		between = func() { wantError(t, exchange(t, s, redeeming(code)), 503, "temporarily_unavailable") }
		looks = at
		wantError(t, exchange(t, s, redeeming(code)), 503, "temporarily_unavailable")
		looks = 0
		free()
		replayed := false
		for _, e := range s.Events()[before:] {
			replayed = replayed || e.Kind == "reuse_detected"
		}
		if !replayed {
			good(t, exchange(t, s, redeeming(code)))
			continue
		}
		replays++
		wantError(t, exchange(t, s, redeeming(code)), 400, "invalid_grant")
	}
	if replays == 0 {
		t.Error("got no code that came again in time, want one")
	}
}
