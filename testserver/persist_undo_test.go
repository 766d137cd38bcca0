package testserver_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// If a code is replayed while the first request with the code waits for a save
// that fails, two parties have the code, so it must not become valid again for
// either of them.
func TestReplayedGrantIsNotRestored(t *testing.T) {
	path := statePath(t)
	var looks int
	between := func() {}
	clock := func() time.Time { // a request reads it more than once, without holding a lock
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
