package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// slowMetadata answers after 4 s everywhere, and has a document at the last
// place alone.
func slowMetadata(document, keys answer) answer {
	slowly := func(a answer) answer { return after(4*time.Second, a) }
	return paths(map[string]answer{
		oidcPath: slowly(status(404, "")), rfcPath: slowly(status(404, "")), tailPath: slowly(document), keysPath: keys,
	})
}

func TestDiscoveryIsBoundedInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(slowMetadata(metadataFor(issuer, keysURL), says(set(freshEC("a")))))
		r := discover(t, s, jwks.Options{})
		begin := time.Now()
		hasNot(t, r, "a", jwks.ErrUnavailable)
		if got := time.Since(begin); got != patience {
			t.Errorf("a token waited for %v, want %v", got, patience)
		}
		if err := r.Warm(t.Context()); !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("got %v, want the keys unavailable", err)
		}
		if got := time.Since(begin); got != 10*time.Second {
			t.Errorf("who waits for the attempt waited until %v, want it cut at 10 s", got)
		}
		settle()
	})
}

// The keys are most likely where they were, also after they failed once.
func TestSlowMetadataLeavesTimeForTheKeys(t *testing.T) {
	for name, keysFail := range map[string]bool{"at a renewal": false, "after a failure of the keys": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(paths(map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: says(set(freshEC("old")))}))
				r := discover(t, s, jwks.Options{})
				has(t, r, "old")
				time.Sleep(5 * time.Minute)
				if keysFail {
					s.becomes(refused)
					has(t, r, "old")
					time.Sleep(time.Second)
				}
				s.becomes(slowMetadata(status(404, ""), says(set(freshEC("new")))))
				if _, err := r.Snapshot(); err != nil {
					t.Errorf("got %v, want the old set", err)
				}
				settle()
				hasIn(t, r, "new", 0)
				if stats := r.Stats(); stats.Err != nil || stats.Failures["timeout"] != 1 {
					t.Errorf("got %+v, want the metadata given up and the keys renewed", stats)
				}
			})
		})
	}
}

func TestMetadataIsLoggedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		good := map[string]answer{oidcPath: metadataFor(issuer, keysURL), keysPath: says(set(freshEC("a")))}
		s := newSite(paths(good))
		r := discover(t, s, jwks.Options{Logger: log.logger()})
		has(t, r, "a")
		night := func(metadata answer) {
			s.becomes(paths(map[string]answer{oidcPath: metadata, keysPath: good[keysPath]}))
			for range 10 {
				time.Sleep(time.Minute)
				hasNot(t, r, "CANARY", jwks.ErrUnknownKey) // a fetch that leaves the metadata alone
				time.Sleep(5 * time.Minute)
				has(t, r, "a")
			}
		}
		night(refused)
		line := func(class, reason string) map[string]any {
			return map[string]any{"level": "WARN", "msg": "metadata not refreshed", "reason": class, "error": "metadata: " + reason}
		}
		want := []map[string]any{line("connection", "connection failed")}
		checkLog(t, &log, want...)
		night(status(500, ""))
		want = append(want, line("status_5xx", "server answered Internal Server Error"))
		checkLog(t, &log, want...)
		night(good[oidcPath])
		checkLog(t, &log, want...)
		night(status(500, ""))
		checkLog(t, &log, append(want, line("status_5xx", "server answered Internal Server Error"))...)
	})
}
