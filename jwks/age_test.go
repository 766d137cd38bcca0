package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// renewalAge returns the age at which the current set will be renewed. Tests
// call it just after the set was fetched.
func renewalAge(r *jwks.Remote) time.Duration {
	stats := r.Stats()
	return stats.Age + time.Until(stats.Next)
}

// maxAge returns the age from which callers wait for a renewal of the set,
// accurate to 5 ns. Because of the jitter, each set has a different maximum
// age.
func maxAge(r *jwks.Remote) time.Duration { return renewalAge(r) / 4 * 5 }

// checkMaxAge checks that the maximum age of the set is at most want, and at
// least 90 % of want.
func checkMaxAge(t *testing.T, r *jwks.Remote, want time.Duration) {
	t.Helper()
	if got := maxAge(r); got > want || got < want/10*9-5 {
		t.Errorf("got a maximum age of %v, want %v or up to a tenth less", got, want)
	}
}

func TestMaxAgeFollowsTheServer(t *testing.T) {
	good := respondOK(set(freshEC("a")))
	for _, test := range []struct {
		name   string
		header []string
		option time.Duration
		want   time.Duration
	}{
		{"no max-age", nil, 0, 5 * time.Minute},
		{"public", []string{"Cache-Control", "public, must-revalidate"}, 0, 5 * time.Minute},
		{"ten minutes", []string{"Cache-Control", "public, max-age=600"}, 0, 10 * time.Minute},
		{"ten minutes, of which four in a cache", []string{"Cache-Control", "max-age=600", "Age", "240"}, 0, 6 * time.Minute},
		{"the lower bound", []string{"Cache-Control", "max-age=60"}, 0, time.Minute},
		{"less than the lower bound", []string{"Cache-Control", "max-age=59"}, 0, time.Minute},
		{"zero", []string{"Cache-Control", "max-age=0"}, 0, time.Minute},
		{"no-store", []string{"Cache-Control", "no-store"}, 0, time.Minute},
		{"no-cache", []string{"Cache-Control", "no-cache, max-age=600"}, 0, time.Minute},
		{"the upper bound", []string{"Cache-Control", "max-age=3600"}, 0, time.Hour},
		{"more than the upper bound", []string{"Cache-Control", "max-age=3601"}, 0, time.Hour},
		{"a year", []string{"Cache-Control", "max-age=31536000, immutable"}, 0, time.Hour},
		{"a number that overflows", []string{"Cache-Control", "max-age=999999999999999999999"}, 0, time.Hour},
		{"a date in ten minutes", []string{"Expires", "Sat, 01 Jan 2000 00:10:00 GMT"}, 0, 10 * time.Minute},
		{"a date in the past", []string{"Expires", "Fri, 31 Dec 1999 00:00:00 GMT"}, 0, time.Minute},
		{"a date in a year", []string{"Expires", "Mon, 01 Jan 2001 00:00:00 GMT"}, 0, time.Hour},
		{"an invalid date", []string{"Expires", "0"}, 0, time.Minute},
		{"ten minutes, overridden by MaxAge", []string{"Cache-Control", "max-age=600"}, 20 * time.Minute, 20 * time.Minute},
		{"no-store, overridden by MaxAge", []string{"Cache-Control", "no-store"}, 10 * time.Second, 10 * time.Second},
		{"no max-age, overridden by MaxAge", nil, 24 * time.Hour, 24 * time.Hour},
	} {
		t.Run("K19/the server sends "+test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(withHeader(good, test.header...))
				r := s.remote(t, jwks.Options{MaxAge: test.option})
				assertKey(t, r, "a")
				checkMaxAge(t, r, test.want)
			})
		})
	}
	t.Run("it is not longer than MaxStale", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newSite(good).remote(t, jwks.Options{MaxStale: 2 * time.Minute})
			assertKey(t, r, "a")
			checkMaxAge(t, r, 2*time.Minute)
		})
	})
}

func TestMaxAgeHasJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		least, most := time.Hour, time.Duration(0)
		for range 200 {
			r := newSite(respondOK(set(freshEC("a")))).remote(t, jwks.Options{})
			assertKey(t, r, "a")
			checkMaxAge(t, r, 5*time.Minute)
			least, most = min(least, maxAge(r)), max(most, maxAge(r))
		}
		if least > 275*time.Second || most < 295*time.Second {
			t.Errorf("got ages between %v and %v, want them all over the last tenth of 5 minutes", least, most)
		}
	})
}

func TestSetIsRenewedInBackgroundAt80Percent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = 4 * time.Second // a caller waits less than this
		s := newSite(respondOK(set(freshEC("withdrawn"), freshEC("kept"))))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "kept")
		s.setAnswer(delayed(latency, respondOK(set(freshEC("kept")))))

		sleepJustUnder(renewalAge(r))
		assertKey(t, r, "withdrawn")
		synctest.Wait()
		if got := s.count(); got != 1 {
			t.Fatalf("just before: got %d requests, want 1", got)
		}
		time.Sleep(time.Nanosecond)
		for range 100 {
			assertKeyAfter(t, r, "withdrawn", 0) // the old set is used until the renewal ends
		}
		time.Sleep(latency)
		synctest.Wait()
		if got := s.count(); got != 2 {
			t.Errorf("got %d requests, want 1 more", got)
		}
		if got := r.Stats(); got.Age != latency || got.Fetches != 2 {
			t.Errorf("got %+v, want an age counted from the request", got)
		}
		checkOnlyKept(t, r)
	})
}

// checkOnlyKept checks, without waiting, that the current set has only the key
// "kept".
func checkOnlyKept(t *testing.T, r *jwks.Remote) {
	t.Helper()
	if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
		t.Errorf("got %v and %v, want a set of 1 key", snapshot, err)
	} else if _, err := snapshot.Key(t.Context(), "withdrawn", "ES256"); !errors.Is(err, jwks.ErrUnknownKey) {
		t.Errorf("the withdrawn key: got %v, want ErrUnknownKey", err)
	}
}

func TestKeyOfFreshSetDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(set(freshEC("a"))))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "a")
		s.setAnswer(hang)
		sleepJustUnder(maxAge(r))
		assertKeyAfter(t, r, "a", 0)
		waitForAttempt()
	})
}

func TestKeyOfOldSetWaitsForRenewal(t *testing.T) {
	for name, latency := range map[string]time.Duration{
		"K19/an immediate renewal": 0, "K19/a renewal just within the wait limit": waitLimit - 1,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(set(freshEC("withdrawn"), freshEC("kept"))))
				r := s.remote(t, jwks.Options{})
				assertKey(t, r, "kept")
				s.setAnswer(delayed(latency, respondOK(set(freshEC("kept")))))
				time.Sleep(8 * time.Hour) // no tokens arrive in this time
				assertKeyAfter(t, r, "kept", latency)
				checkOnlyKept(t, r)
				assertKeyError(t, r, "withdrawn", jwks.ErrUnknownKey)
			})
		})
	}
}

// If a renewal takes longer than 2 s, callers stop waiting for it. It continues
// in the background, and the withdrawn key is accepted until the renewal ends.
func TestK19WithdrawnKeyIsUsedDuringOneSlowRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(set(freshEC("withdrawn"))))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "withdrawn")
		s.setAnswer(delayed(4*time.Second, respondOK(set(freshEC("new")))))
		time.Sleep(8 * time.Hour)
		assertKeyAfter(t, r, "withdrawn", waitLimit)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		s.setAnswer(respondOK(set(freshEC("new"))))
		assertKeyError(t, r, "withdrawn", jwks.ErrUnknownKey)

		s.setAnswer(connectionRefused)
		time.Sleep(8 * time.Hour)
		assertKeyAfter(t, r, "new", 0) // a set that cannot be renewed remains in use until MaxStale
		time.Sleep(8 * time.Hour)
		assertKeyAfter(t, r, "new", 0)
	})
}

// If an attacker makes the server return a poisoned set once, the next renewal
// replaces that set.
func TestK26PoisonedSetIsReplaced(t *testing.T) {
	for name, headers := range map[string][]string{
		"K26/by the next renewal":                    nil,
		"K26/even if it is immutable for a year":     {"Cache-Control", "max-age=31536000, immutable", "ETag", `"evil"`},
		"K26/even if the good set has the same ETag": {"ETag", `"1"`},
		"K26/even if its dates are in the future":    {"Date", "Fri, 01 Jan 2010 00:00:00 GMT", "Expires", "Fri, 01 Jan 2010 01:00:00 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := withHeader(respondOK(set(freshEC("good"))), "ETag", `"1"`)
				s := newSite(good)
				r := s.remote(t, jwks.Options{})
				assertKey(t, r, "good")
				s.setAnswer(withHeader(respondOK(set(freshEC("evil"))), headers...))
				time.Sleep(5 * time.Minute)
				assertKey(t, r, "evil")
				s.setAnswer(good)
				time.Sleep(time.Hour)
				assertKey(t, r, "good")
				assertKeyError(t, r, "evil", jwks.ErrUnknownKey)
				if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
					t.Errorf("got %v and %v, want only the good key", snapshot, err)
				}
			})
		})
	}
}

func TestDurationLimits(t *testing.T) {
	for _, test := range []struct {
		name     string
		options  jwks.Options
		accepted bool
	}{
		{"a MaxAge of 24 hours", jwks.Options{MaxAge: 24 * time.Hour}, true},
		{"a MaxAge over 24 hours", jwks.Options{MaxAge: 24*time.Hour + 1, MaxStale: 30 * 24 * time.Hour}, false},
		{"a MaxStale of 30 days", jwks.Options{MaxStale: 30 * 24 * time.Hour}, true},
		{"a MaxStale over 30 days", jwks.Options{MaxStale: 30*24*time.Hour + 1}, false},
		{"a negative MaxStale", jwks.Options{MaxStale: -1}, false},
		{"a MinInterval of an hour", jwks.Options{MinInterval: time.Hour}, true},
		{"a MinInterval over an hour", jwks.Options{MinInterval: time.Hour + 1}, false},
		{"a MaxAge equal to MaxStale", jwks.Options{MaxAge: time.Minute, MaxStale: time.Minute}, true},
		{"a MaxAge over MaxStale", jwks.Options{MaxAge: time.Minute + 1, MaxStale: time.Minute}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, construct := range map[string]func(string, jwks.Options) (*jwks.Remote, error){
				"NewRemote": jwks.NewRemote, "Discover": jwks.Discover,
			} {
				if _, err := construct("https://example.com/", test.options); test.accepted != (err == nil) || err != nil && !errors.Is(err, jwks.ErrConfig) {
					t.Errorf("%s: got %v, want it accepted: %v", name, err, test.accepted)
				}
			}
		})
	}
}
