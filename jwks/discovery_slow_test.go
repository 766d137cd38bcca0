package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// slowMetadata returns an answer that takes 4 s at each well-known location.
// The first two locations answer 404, and the last one returns document.
func slowMetadata(document, keys answer) answer {
	slowly := func(a answer) answer { return delayed(4*time.Second, a) }
	return byPath(map[string]answer{
		oidcPath: slowly(status(404, "")), rfcPath: slowly(status(404, "")), tailPath: slowly(document), keysPath: keys,
	})
}

func TestDiscoveryTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(slowMetadata(metadataFor(issuer, keysURL), respondOK(set(freshEC("a")))))
		r := discover(t, s, jwks.Options{})
		begin := time.Now()
		assertKeyError(t, r, "a", jwks.ErrUnavailable)
		if got := time.Since(begin); got != waitLimit {
			t.Errorf("a token waited for %v, want %v", got, waitLimit)
		}
		if err := r.Warm(t.Context()); !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("got %v, want the keys unavailable", err)
		}
		if got := time.Since(begin); got != 10*time.Second {
			t.Errorf("Warm returned after %v, want the attempt limited to 10 s", got)
		}
		waitForAttempt()
	})
}

// A slow metadata request must end early enough to leave time for fetching the
// keys from the most recently discovered URL. This also holds if an earlier
// fetch of the keys from that URL failed, because the URL is most likely still
// right.
func TestSlowMetadataLeavesTimeForTheKeys(t *testing.T) {
	for name, keysFail := range map[string]bool{"during a renewal": false, "after a failed fetch of the keys": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(byPath(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: respondOK(set(freshEC("old")))}))
				r := discover(t, s, jwks.Options{})
				assertKey(t, r, "old")
				time.Sleep(5 * time.Minute)
				if keysFail {
					s.setAnswer(connectionRefused)
					assertKey(t, r, "old")
					time.Sleep(time.Second)
				}
				s.setAnswer(slowMetadata(status(404, ""), respondOK(set(freshEC("new")))))
				if _, err := r.Snapshot(); err != nil {
					t.Errorf("got %v, want the old set", err)
				}
				waitForAttempt()
				assertKeyAfter(t, r, "new", 0)
				if stats := r.Stats(); stats.Err != nil || stats.Failures["timeout"] != 1 {
					t.Errorf("got %+v, want a timeout for the metadata and the keys renewed", stats)
				}
			})
		})
	}
}

func TestMetadataFailureIsLoggedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logCapture
		good := map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: respondOK(set(freshEC("a")))}
		s := newSite(byPath(good))
		r := discover(t, s, jwks.Options{Logger: log.logger()})
		assertKey(t, r, "a")
		renewFor := func(metadata answer) {
			s.setAnswer(byPath(map[string]answer{oidcPath: metadata, keysPath: good[keysPath]}))
			for range 10 {
				time.Sleep(time.Minute)
				assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey) // fetches the keys without reading the metadata
				time.Sleep(5 * time.Minute)
				assertKey(t, r, "a")
			}
		}
		renewFor(connectionRefused)
		line := func(class, reason string) map[string]any {
			return map[string]any{"level": "WARN", "msg": "metadata not refreshed", "reason": class, "error": "metadata: " + reason}
		}
		want := []map[string]any{line("connection", "connection failed")}
		checkLog(t, &log, want...)
		renewFor(status(500, ""))
		want = append(want, line("status_5xx", "server answered Internal Server Error"))
		checkLog(t, &log, want...)
		renewFor(good[oidcPath])
		checkLog(t, &log, want...)
		renewFor(status(500, ""))
		checkLog(t, &log, append(want, line("status_5xx", "server answered Internal Server Error"))...)
	})
}
