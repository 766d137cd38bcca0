package testserver_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// A second request uses the code while the first request waits for a save that
// fails. Two parties then have the code, so the code must not become valid
// again for either party.
func TestReplayedGrantIsNotRestored(t *testing.T) {
	path := statePath(t)
	var looks int
	between := func() {}
	clock := func() time.Time { // a request reads the clock several times, without holding a lock
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
		t.Error("got no replay during a save, want one")
	}
}
