package jwks_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// renewal is the age from which a fresh set is renewed.
func renewal(r *jwks.Remote) time.Duration {
	stats := r.Stats()
	return stats.Age + time.Until(stats.Next)
}

// maxAge is the age of a set up to which nobody waits, to 5 ns. It is not the
// same for two sets.
func maxAge(r *jwks.Remote) time.Duration { return renewal(r) / 4 * 5 }

// checkMaxAge demands it, or up to a tenth less.
func checkMaxAge(t *testing.T, r *jwks.Remote, want time.Duration) {
	t.Helper()
	if got := maxAge(r); got > want || got < want/10*9-5 {
		t.Errorf("got a set that serves for %v, want %v, less a tenth at most", got, want)
	}
}

func TestHowLongASetServesIsTheServersToSay(t *testing.T) {
	good := says(set(freshEC("a")))
	for _, test := range []struct {
		name   string
		header []string
		option time.Duration
		want   time.Duration
	}{
		{"nothing", nil, 0, 5 * time.Minute},
		{"a public set", []string{"Cache-Control", "public, must-revalidate"}, 0, 5 * time.Minute},
		{"ten minutes", []string{"Cache-Control", "public, max-age=600"}, 0, 10 * time.Minute},
		{"ten minutes, four of them in a cache", []string{"Cache-Control", "max-age=600", "Age", "240"}, 0, 6 * time.Minute},
		{"the lower bound", []string{"Cache-Control", "max-age=60"}, 0, time.Minute},
		{"less than the lower bound", []string{"Cache-Control", "max-age=59"}, 0, time.Minute},
		{"no time", []string{"Cache-Control", "max-age=0"}, 0, time.Minute},
		{"not to keep it", []string{"Cache-Control", "no-store"}, 0, time.Minute},
		{"to ask each time", []string{"Cache-Control", "no-cache, max-age=600"}, 0, time.Minute},
		{"the upper bound", []string{"Cache-Control", "max-age=3600"}, 0, time.Hour},
		{"more than the upper bound", []string{"Cache-Control", "max-age=3601"}, 0, time.Hour},
		{"a year", []string{"Cache-Control", "max-age=31536000, immutable"}, 0, time.Hour},
		{"a number beyond all", []string{"Cache-Control", "max-age=999999999999999999999"}, 0, time.Hour},
		{"a date in ten minutes", []string{"Expires", "Sat, 01 Jan 2000 00:10:00 GMT"}, 0, 10 * time.Minute},
		{"a date in the past", []string{"Expires", "Fri, 31 Dec 1999 00:00:00 GMT"}, 0, time.Minute},
		{"a date in a year", []string{"Expires", "Mon, 01 Jan 2001 00:00:00 GMT"}, 0, time.Hour},
		{"an invalid date", []string{"Expires", "0"}, 0, time.Minute},
		{"ten minutes, but not if we know better", []string{"Cache-Control", "max-age=600"}, 20 * time.Minute, 20 * time.Minute},
		{"not to keep it, but not if we know better", []string{"Cache-Control", "no-store"}, 10 * time.Second, 10 * time.Second},
		{"nothing, but not if we know better", nil, 24 * time.Hour, 24 * time.Hour},
	} {
		t.Run("K19/the server says "+test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(headed(good, test.header...))
				r := s.remote(t, jwks.Options{MaxAge: test.option})
				has(t, r, "a")
				checkMaxAge(t, r, test.want)
			})
		})
	}
	t.Run("no set serves beyond its last day", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newSite(good).remote(t, jwks.Options{MaxStale: 2 * time.Minute})
			has(t, r, "a")
			checkMaxAge(t, r, 2*time.Minute)
		})
	})
}

func TestInstancesDoNotRenewInStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		least, most := time.Hour, time.Duration(0)
		for range 200 {
			r := newSite(says(set(freshEC("a")))).remote(t, jwks.Options{})
			has(t, r, "a")
			checkMaxAge(t, r, 5*time.Minute)
			least, most = min(least, maxAge(r)), max(most, maxAge(r))
		}
		if least > 275*time.Second || most < 295*time.Second {
			t.Errorf("got ages between %v and %v, want them all over the last tenth of 5 minutes", least, most)
		}
	})
}

func TestTheSetIsRenewedInTheBackgroundFromFourFifthsOfItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = 4 * time.Second // more than anybody would wait for
		s := newSite(says(set(freshEC("withdrawn"), freshEC("kept"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "kept")
		s.becomes(after(latency, says(set(freshEC("kept")))))

		pass(renewal(r))
		has(t, r, "withdrawn")
		synctest.Wait()
		if got := s.count(); got != 1 {
			t.Fatalf("a moment early: got %d requests, want 1", got)
		}
		time.Sleep(time.Nanosecond)
		for range 100 {
			hasIn(t, r, "withdrawn", 0) // the old set serves until the new one is there
		}
		time.Sleep(latency)
		synctest.Wait()
		if got := s.count(); got != 2 {
			t.Errorf("got %d requests, want 1 more", got)
		}
		if got := r.Stats(); got.Age != latency || got.Fetches != 2 {
			t.Errorf("got %+v, want the set to be as old as its request", got)
		}
		checkOnlyKept(t, r)
	})
}

// checkOnlyKept demands that what came replaced what was, without waiting.
func checkOnlyKept(t *testing.T, r *jwks.Remote) {
	t.Helper()
	if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
		t.Errorf("got %v and %v, want a set of 1 key", snapshot, err)
	} else if _, err := snapshot.Key(t.Context(), "withdrawn", "ES256"); !errors.Is(err, jwks.ErrUnknownKey) {
		t.Errorf("the withdrawn key: got %v, want ErrUnknownKey", err)
	}
}

func TestASetWithinItsAgeMakesNobodyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(set(freshEC("a"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "a")
		s.becomes(hangs)
		pass(maxAge(r))
		hasIn(t, r, "a", 0)
		settle()
	})
}

func TestASetBeyondItsAgeIsWaitedFor(t *testing.T) {
	for name, latency := range map[string]time.Duration{
		"K19/a renewal that comes at once": 0, "K19/a renewal that takes as long as anybody waits": patience - 1,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(set(freshEC("withdrawn"), freshEC("kept"))))
				r := s.remote(t, jwks.Options{})
				has(t, r, "kept")
				s.becomes(after(latency, says(set(freshEC("kept")))))
				time.Sleep(8 * time.Hour) // a quiet night
				hasIn(t, r, "kept", latency)
				checkOnlyKept(t, r)
				hasNot(t, r, "withdrawn", jwks.ErrUnknownKey)
			})
		})
	}
}

// A renewal is not worth more than 2 s to anybody, but goes on: the withdrawn
// key outlives it by no more than that.
func TestK19AWithdrawnKeyOutlivesAQuietNightByOneSlowRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(set(freshEC("withdrawn"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "withdrawn")
		s.becomes(after(4*time.Second, says(set(freshEC("new")))))
		time.Sleep(8 * time.Hour)
		hasIn(t, r, "withdrawn", patience)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		s.becomes(says(set(freshEC("new"))))
		hasNot(t, r, "withdrawn", jwks.ErrUnknownKey)

		s.becomes(refused)
		time.Sleep(8 * time.Hour)
		hasIn(t, r, "new", 0) // what cannot be renewed is used as it is
		time.Sleep(8 * time.Hour)
		hasIn(t, r, "new", 0) // what cannot be renewed is used as it is
	})
}

// What a server was made to say once is gone with the next renewal.
func TestK26WhatWasPoisonedIsReplaced(t *testing.T) {
	for name, headers := range map[string][]string{
		"K26/by the next renewal":                    nil,
		"K26/though it is to be kept for ever":       {"Cache-Control", "max-age=31536000, immutable", "ETag", `"evil"`},
		"K26/though the good set has the same ETag":  {"ETag", `"1"`},
		"K26/though it says it was made in a decade": {"Date", "Fri, 01 Jan 2010 00:00:00 GMT", "Expires", "Fri, 01 Jan 2010 01:00:00 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := headed(says(set(freshEC("good"))), "ETag", `"1"`)
				s := newSite(good)
				r := s.remote(t, jwks.Options{})
				has(t, r, "good")
				s.becomes(headed(says(set(freshEC("evil"))), headers...))
				time.Sleep(5 * time.Minute)
				has(t, r, "evil")
				s.becomes(good)
				time.Sleep(time.Hour)
				has(t, r, "good")
				hasNot(t, r, "evil", jwks.ErrUnknownKey)
				if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
					t.Errorf("got %v and %v, want the good key alone", snapshot, err)
				}
			})
		})
	}
}

func TestWhatAnAgeMayBe(t *testing.T) {
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
		{"a MaxAge that is MaxStale", jwks.Options{MaxAge: time.Minute, MaxStale: time.Minute}, true},
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
