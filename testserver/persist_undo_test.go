package testserver_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// A code that comes again while the first request with it waits for a file that
// cannot be written has two holders, and must not be good for either.
func TestReplayedGrantIsNotRestored(t *testing.T) {
	path := statePath(t)
	var looks int
	between := func() {}
	clock := func() time.Time { // which a request looks at more than once, holding no lock
		if looks--; looks == 0 {
			between()
		}
		return atNoon()
	}
	s := startPersisted(t, path, testserver.Clock(clock))
	replays := 0
	for at := 1; at < 10; at++ {
		code := codeFor(t, s, "scope", "openid")
		before := len(s.Events())
		unblock := blockSaving(t, path)
		between = func() { wantError(t, exchange(t, s, codeRequest(code)), 503, "temporarily_unavailable") }
		looks = at
		wantError(t, exchange(t, s, codeRequest(code)), 503, "temporarily_unavailable")
		looks = 0
		unblock()
		replayed := false
		for _, e := range s.Events()[before:] {
			replayed = replayed || e.Kind == "reuse_detected"
		}
		if !replayed {
			wantTokens(t, exchange(t, s, codeRequest(code)))
			continue
		}
		replays++
		wantError(t, exchange(t, s, codeRequest(code)), 400, "invalid_grant")
	}
	if replays == 0 {
		t.Error("got no code that came again in time, want one")
	}
}
