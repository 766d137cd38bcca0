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

// rotates makes a site serve a new key beside the known one.
func (s *site) rotates() { s.becomes(says(set(freshEC("a"), freshEC("new")))) }

// Neither the start nor a renewal uses up what unknown key IDs may cause.
func TestANewKeyIsKnownAtOnceAfterAScheduledFetch(t *testing.T) {
	for name, age := range map[string]time.Duration{
		"the first one":               0,
		"a renewal in the background": 59 * time.Minute,
		"a renewal that was awaited":  time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := known(t, jwks.Options{MaxAge: time.Hour, MinInterval: time.Hour, Burst: 1})
				time.Sleep(age)
				has(t, r, "a")
				synctest.Wait()
				s.rotates()
				time.Sleep(time.Nanosecond)
				hasIn(t, r, "new", 0)
				if got, want := r.Stats().Fetches, 2+min(int(age), 1); got != want {
					t.Errorf("got %d fetches, want %d", got, want)
				}
			})
		})
	}
}

// A fetch that fails told nobody anything, so it may be repeated long before the
// next one could be made.
func TestAFailedFetchGivesItsShareBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{MaxAge: 24 * time.Hour, MinInterval: time.Minute, Burst: 1})
		time.Sleep(time.Hour)
		s.becomes(refused)
		hasNot(t, r, "new", jwks.ErrUnavailable)
		s.rotates()
		time.Sleep(time.Second)
		hasIn(t, r, "new", 0)

		s.becomes(says(set(freshEC("newer"))))
		pass(time.Minute)
		hasNot(t, r, "newer", jwks.ErrUnknownKey) // the one that succeeded counts
		time.Sleep(time.Nanosecond)
		hasIn(t, r, "newer", 0)
	})
}

// The back-off of an outage delays no new key longer than a flood could.
func TestUnknownKeyIDsShortenTheBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const least, tick = 5 * time.Second, 10 * time.Millisecond
		s, r := known(t, jwks.Options{MaxAge: 24 * time.Hour})
		time.Sleep(time.Minute)
		s.becomes(refused)
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); time.Sleep(tick) {
			hasNot(t, r, "new", jwks.ErrUnavailable)
		}
		want := time.Second
		for i, got := range s.gaps(1) {
			if got < min(want/2, least) || got > min(want, least)+tick {
				t.Errorf("retry %d after %v, want %v or up to half earlier, but not over %v", i+1, got, want, least)
			}
			want = min(2*want, time.Minute)
		}
		if got := len(s.gaps(1)); got < 600/5 || got > 600/5+8 {
			t.Errorf("got %d retries in 10 minutes, want one in %v", got, least)
		}
		s.rotates()
		time.Sleep(least)
		hasIn(t, r, "new", 0)
	})
}

// What a set lacks, the issuer may have by now: only a young one is evidence
// that it does not.
func TestWhoIsToldThatAKeyIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{Burst: 1})
		time.Sleep(time.Minute)
		hasNot(t, r, "CANARY", jwks.ErrUnknownKey)
		s.becomes(refused)
		pass(5 * time.Second)
		hasNot(t, r, "CANARY", jwks.ErrUnknownKey)
		if got := s.count(); got != 2 {
			t.Errorf("within the least interval: got %d requests, want 2", got)
		}
		time.Sleep(time.Nanosecond)
		hasNot(t, r, "CANARY", jwks.ErrUnavailable) // and the fetch failed
		hasNot(t, r, "CANARY", jwks.ErrUnavailable) // nor may there be one now
		if got := s.count(); got != 3 {
			t.Errorf("after it: got %d requests, want 3", got)
		}
		if got := r.Stats().UnknownKeyIDs; got != 2 {
			t.Errorf("got %d key IDs counted as unknown, want the 2 that were", got)
		}
	})
}

// A token that finds its set too old and its key unknown waits for one fetch,
// which answers both.
func TestARenewalAnswersForAnUnknownKeyToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		s.becomes(after(time.Second, says(set(freshEC("a")))))
		time.Sleep(time.Hour)
		begin := time.Now()
		hasNot(t, r, "CANARY", jwks.ErrUnknownKey)
		if took := time.Since(begin); took != time.Second || s.count() != 2 {
			t.Errorf("took %v and %d requests, want a second and 2", took, s.count())
		}
	})
}

func TestTokensWithoutAKeyIDAreBudgetedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		for range 3 {
			time.Sleep(5 * time.Second)
			for range 100 {
				if _, err := r.Key(t.Context(), "", "RS256"); !errors.Is(err, jwks.ErrUnknownKey) {
					t.Fatalf("got %v, want ErrUnknownKey", err)
				}
			}
		}
		s.becomes(says(set(freshRSA("r"))))
		time.Sleep(5 * time.Second)
		if _, err := r.Key(t.Context(), "", "RS256"); err != nil {
			t.Errorf("got %v, want the new key", err)
		}
		if got := s.count(); got != 5 {
			t.Errorf("got %d requests, want one in 5 s", got)
		}
	})
}

// Nothing is kept of a key ID that nobody knows.
func TestK22JunkKeyIDsTakeNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const junk = 100_000
		s, r := known(t, jwks.Options{})
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
			t.Errorf("the heap grew by %d bytes, want nothing kept", grown)
		}
		if got := s.count(); got != 2 {
			t.Errorf("got %d requests, want 2", got)
		}
		if got := r.Stats().UnknownKeyIDs; got != junk {
			t.Errorf("got %d key IDs counted, want %d", got, junk)
		}
	})
}

func TestK22JunkKeyIDsDelayANewKeyByNoMoreThanTheLeastInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const least = 5 * time.Second
		s := newSite(says(set(freshEC("old"))))
		r := s.remote(t, jwks.Options{})
		stop := make(chan struct{})
		var flood sync.WaitGroup
		flood.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					hasNot(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
				}
			}
		})
		begin := time.Now()
		for rotation := range 20 {
			time.Sleep(7*time.Second + time.Duration(rotation)*137*time.Millisecond)
			kid := fmt.Sprintf("new-%d", rotation)
			s.becomes(says(set(freshEC(kid))))
			rotated := time.Now()
			for {
				if _, err := r.Key(t.Context(), kid, "ES256"); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			if got := time.Since(rotated); got > least+time.Millisecond {
				t.Errorf("rotation %d: the new key served after %v, want %v at most", rotation, got, least)
			}
		}
		close(stop)
		flood.Wait()
		if got, most := s.count(), int(time.Since(begin)/least)+1+4; got > most {
			t.Errorf("got %d requests, want one in %v at most after the first and the burst of 4: %d", got, least, most)
		}
	})
}

// Invented key IDs that come one after the other use up the burst, and each
// interval gives one attempt back.
func TestK22AFewJunkKeyIDsDelayNoNewKey(t *testing.T) {
	for burst, attempts := range map[int]int{0: 4, 1: 1, 2: 2, 9: 9} {
		t.Run(fmt.Sprintf("K22/a burst of %d means %d", burst, attempts), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := known(t, jwks.Options{MaxAge: 24 * time.Hour, Burst: burst})
				time.Sleep(time.Minute)
				junk := func(n int) {
					for i := range n {
						time.Sleep(time.Nanosecond)
						hasNot(t, r, fmt.Sprintf("CANARY-%d", i), jwks.ErrUnknownKey)
					}
				}
				junk(attempts - 1)
				s.rotates()
				time.Sleep(time.Nanosecond)
				hasIn(t, r, "new", 0)
				if got := s.count(); got != 1+attempts {
					t.Errorf("got %d requests, want %d", got, 1+attempts)
				}

				s.becomes(says(set(freshEC("newer"))))
				junk(30)
				time.Sleep(5*time.Second - time.Millisecond)
				hasNot(t, r, "newer", jwks.ErrUnknownKey) // the budget is used up
				time.Sleep(time.Millisecond)
				hasIn(t, r, "newer", 0)
				junk(30)
				if got := s.count(); got != 2+attempts {
					t.Errorf("after an interval: got %d requests, want %d", got, 2+attempts)
				}
				time.Sleep(time.Hour)
				before := s.count()
				junk(30)
				if got := s.count() - before; got != attempts {
					t.Errorf("after a rest: got %d requests, want %d", got, attempts)
				}
			})
		})
	}
}

// Where the last look failed, nobody can say that a key does not exist, however
// new the set is.
func TestK22AKeyThatCouldNotBeLookedForIsNotUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		s.becomes(refused)
		time.Sleep(time.Second)
		for range 3 {
			hasNot(t, r, "new", jwks.ErrUnavailable)
		}
		s.becomes(says(set(freshEC("a"), freshEC("new"))))
		time.Sleep(time.Second)
		has(t, r, "new")
	})
}
