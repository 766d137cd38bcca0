package jwks_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// addNewKey adds the key "new" to the site's set.
func (s *site) addNewKey() { s.setAnswer(respondOK(set(freshEC("a"), freshEC("new")))) }

// Fetches for unknown key IDs are limited. Neither the first fetch nor a
// renewal counts towards this limit.
func TestNewKeyIsFoundAtOnceAfterScheduledFetch(t *testing.T) {
	for name, age := range map[string]time.Duration{
		"the first fetch":                   0,
		"a renewal in the background":       59 * time.Minute,
		"a renewal that callers waited for": time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxAge: time.Hour, MinInterval: time.Hour, Burst: 1})
				time.Sleep(age)
				assertKey(t, r, "a")
				synctest.Wait()
				s.addNewKey()
				time.Sleep(time.Nanosecond)
				assertKeyAfter(t, r, "new", 0)
				if got, want := r.Stats().Fetches, 2+min(int(age), 1); got != want {
					t.Errorf("got %d fetches, want %d", got, want)
				}
			})
		})
	}
}

// A failed fetch does not show whether the key exists, so it does not use the
// budget. The next fetch need not wait for MinInterval.
func TestFailedFetchDoesNotUseTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{MaxAge: 24 * time.Hour, MinInterval: time.Minute, Burst: 1})
		time.Sleep(time.Hour)
		s.setAnswer(connectionRefused)
		assertKeyError(t, r, "new", jwks.ErrUnavailable)
		s.addNewKey()
		time.Sleep(time.Second)
		assertKeyAfter(t, r, "new", 0)

		s.setAnswer(respondOK(set(freshEC("newer"))))
		sleepJustUnder(time.Minute)
		assertKeyError(t, r, "newer", jwks.ErrUnknownKey) // the successful fetch used the budget
		time.Sleep(time.Nanosecond)
		assertKeyAfter(t, r, "newer", 0)
	})
}

// During an outage, the back-off delays the fetch for an unknown key ID by
// MinInterval at most.
func TestUnknownKeyIDsShortenTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const least, tick = 5 * time.Second, 10 * time.Millisecond
		s, r := warmRemote(t, jwks.Options{MaxAge: 24 * time.Hour})
		time.Sleep(time.Minute)
		s.setAnswer(connectionRefused)
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(tick) {
			assertKeyError(t, r, "new", jwks.ErrUnavailable)
		}
		want := time.Second
		for i, got := range s.gaps(1) {
			if got < min(want/2, least) || got > min(want, least)+tick {
				t.Errorf("retry %d after %v, want %v or up to half earlier, but not over %v", i+1, got, want, least)
			}
			want = min(2*want, time.Minute)
		}
		if got := len(s.gaps(1)); got < 600/5 || got > 600/5+8 {
			t.Errorf("got %d retries in 10 minutes, want one every %v", got, least)
		}
		s.addNewKey()
		time.Sleep(least)
		assertKeyAfter(t, r, "new", 0)
	})
}

// Only a recent set shows that a key does not exist. If the set is older, the
// issuer may have published the key since the set was fetched.
func TestUnknownKeyErrorNeedsRecentSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{Burst: 1})
		time.Sleep(time.Minute)
		assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey)
		s.setAnswer(connectionRefused)
		sleepJustUnder(5 * time.Second)
		assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey)
		if got := s.count(); got != 2 {
			t.Errorf("within MinInterval: got %d requests, want 2", got)
		}
		time.Sleep(time.Nanosecond)
		assertKeyError(t, r, "CANARY", jwks.ErrUnavailable) // the fetch failed
		assertKeyError(t, r, "CANARY", jwks.ErrUnavailable) // the back-off allows no fetch
		if got := s.count(); got != 3 {
			t.Errorf("after MinInterval: got %d requests, want 3", got)
		}
		if got := r.Stats().UnknownKeyIDs; got != 2 {
			t.Errorf("got %d key IDs counted as unknown, want 2", got)
		}
	})
}

// If the set is too old and also lacks the key of a token, the verification
// waits for one fetch, not for two.
func TestRenewalAlsoLooksForUnknownKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		s.setAnswer(delayed(time.Second, respondOK(set(freshEC("a")))))
		time.Sleep(time.Hour)
		begin := time.Now()
		assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey)
		if took := time.Since(begin); took != time.Second || s.count() != 2 {
			t.Errorf("took %v and %d requests, want 1s and 2", took, s.count())
		}
	})
}

func TestTokensWithoutKeyIDUseTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		for range 3 {
			time.Sleep(5 * time.Second)
			for range 100 {
				if _, err := r.Key(t.Context(), "", "RS256"); !errors.Is(err, jwks.ErrUnknownKey) {
					t.Fatalf("got %v, want ErrUnknownKey", err)
				}
			}
		}
		s.setAnswer(respondOK(set(freshRSA("r"))))
		time.Sleep(5 * time.Second)
		if _, err := r.Key(t.Context(), "", "RS256"); err != nil {
			t.Errorf("got %v, want the new key", err)
		}
		if got := s.count(); got != 5 {
			t.Errorf("got %d requests, want one every 5 s", got)
		}
	})
}

// Unknown key IDs must not be stored, because a flood of them would use up
// memory.
func TestK22JunkKeyIDsTakeNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const junk = 100_000
		s, r := warmRemote(t, jwks.Options{})
		time.Sleep(time.Minute)
		heap := func() int64 {
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		before := heap()
		for i := range junk {
			if _, err := r.Key(t.Context(), fmt.Sprintf("CANARY-%d", i), "ES256"); !errors.Is(err, jwks.ErrUnknownKey) {
				t.Fatalf("got %v, want ErrUnknownKey", err)
			}
		}
		if grown := heap() - before; grown > 1<<20 {
			t.Errorf("the heap grew by %d bytes, want no growth", grown)
		}
		if got := s.count(); got != 2 {
			t.Errorf("got %d requests, want 2", got)
		}
		if got := r.Stats().UnknownKeyIDs; got != junk {
			t.Errorf("got %d key IDs counted, want %d", got, junk)
		}
	})
}

func TestK22JunkKeyIDsDelayNewKeyByMinIntervalAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const least = 5 * time.Second
		s := newSite(respondOK(set(freshEC("old"))))
		r := s.remote(t, jwks.Options{})
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					assertKeyError(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
			}
		})
		begin := time.Now()
		for rotation := range 20 {
			time.Sleep(7*time.Second + time.Duration(rotation)*137*time.Millisecond)
			kid := fmt.Sprintf("new-%d", rotation)
			s.setAnswer(respondOK(set(freshEC(kid))))
			rotated := time.Now()
			for {
				if _, err := r.Key(t.Context(), kid, "ES256"); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			if got := time.Since(rotated); got > least+time.Millisecond {
				t.Errorf("rotation %d: the new key was found after %v, want %v at most", rotation, got, least)
			}
		}
		close(stop)
		flood.Wait()
		if got, most := s.count(), int(time.Since(begin)/least)+1+4; got > most {
			t.Errorf("got %d requests, want at most one every %v after the first and the burst of 4: %d", got, least, most)
		}
	})
}

// Each request for a made-up key ID uses up one of the fetches that Burst
// allows. After each MinInterval, one more fetch is allowed.
func TestK22FewJunkKeyIDsDoNotDelayNewKey(t *testing.T) {
	for burst, attempts := range map[int]int{0: 4, 1: 1, 2: 2, 9: 9} {
		t.Run(fmt.Sprintf("K22/a burst of %d means %d", burst, attempts), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxAge: 24 * time.Hour, Burst: burst})
				time.Sleep(time.Minute)
				junk := func(n int) {
					for i := range n {
						time.Sleep(time.Nanosecond)
						assertKeyError(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
					}
				}
				junk(attempts - 1)
				s.addNewKey()
				time.Sleep(time.Nanosecond)
				assertKeyAfter(t, r, "new", 0)
				if got := s.count(); got != 1+attempts {
					t.Errorf("got %d requests, want %d", got, 1+attempts)
				}

				s.setAnswer(respondOK(set(freshEC("newer"))))
				junk(30)
				time.Sleep(5*time.Second - time.Millisecond)
				assertKeyError(t, r, "newer", jwks.ErrUnknownKey) // the budget is used up
				time.Sleep(time.Millisecond)
				assertKeyAfter(t, r, "newer", 0)
				junk(30)
				if got := s.count(); got != 2+attempts {
					t.Errorf("after an interval: got %d requests, want %d", got, 2+attempts)
				}
				time.Sleep(time.Hour)
				before := s.count()
				junk(30)
				if got := s.count() - before; got != attempts {
					t.Errorf("after an idle hour: got %d requests, want %d", got, attempts)
				}
			})
		})
	}
}

// After a failed fetch, the error for a missing key is ErrUnavailable and not
// ErrUnknownKey, even if the set is recent.
func TestK22FailedFetchDoesNotMakeKeyUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		s.setAnswer(connectionRefused)
		time.Sleep(time.Second)
		for range 3 {
			assertKeyError(t, r, "new", jwks.ErrUnavailable)
		}
		s.setAnswer(respondOK(set(freshEC("a"), freshEC("new"))))
		time.Sleep(time.Second)
		assertKey(t, r, "new")
	})
}
