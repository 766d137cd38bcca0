package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
)

// traffic simulates requests. It calls ask at intervals of tick, each time in a
// new goroutine. The lasts argument is the duration of the simulation. traffic
// returns how long each call took. The keys of the map are the times at which
// the calls began, relative to the first call.
func traffic(t *testing.T, lasts, tick time.Duration, ask func()) map[time.Duration]time.Duration {
	t.Helper()
	waits := make(map[time.Duration]time.Duration)
	var mu sync.Mutex
	var all sync.WaitGroup
	for begin := time.Now(); time.Since(begin) < lasts; time.Sleep(tick) {
		all.Go(func() {
			arrivedAt := time.Now()
			ask()
			mu.Lock()
			defer mu.Unlock()
			waits[arrivedAt.Sub(begin)] = time.Since(arrivedAt)
		})
	}
	all.Wait()
	return waits
}

// While the cached key set is fresh, a hanging key server does not block
// callers. If the cached set is too old, callers wait only during the first 2 s
// of the first attempt. Callers that arrive later in this attempt, or during a
// later attempt, get the key at once.
func TestHangingServerBlocksForTwoSeconds(t *testing.T) {
	inBody := streamed(func(r *http.Request, _ []byte) (int, error) {
		<-r.Context().Done()
		return 0, r.Context().Err()
	})
	for name, hanging := range map[string]answer{
		"K03/without an answer": hang, "K03/within its body": inBody,
	} {
		for _, age := range []time.Duration{time.Second, time.Minute, time.Hour} {
			t.Run(fmt.Sprintf("%s, beyond an age of %v", name, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, r := warmRemote(t, jwks.Options{MaxAge: age})
					s.setAnswer(hanging)
					time.Sleep(age)
					for arrivedAt, waited := range traffic(t, 10*time.Minute, 100*time.Millisecond, func() { assertKey(t, r, "a") }) {
						if want := max(waitLimit-arrivedAt, 0); waited != want {
							t.Errorf("a caller %v after the renewal began waited for %v, want %v", arrivedAt, waited, want)
						}
					}
					waitForAttempt()
				})
			})
		}
		for _, age := range []time.Duration{time.Second, time.Minute, time.Hour} {
			t.Run(fmt.Sprintf("%s, with traffic all the time, at an age of %v", name, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, r := warmRemote(t, jwks.Options{MaxAge: age})
					s.setAnswer(hanging)
					for arrivedAt, waited := range traffic(t, 2*age+time.Minute, min(age/20, time.Second), func() { assertKey(t, r, "a") }) {
						if waited != 0 {
							t.Errorf("a caller after %v waited for %v, want no wait", arrivedAt, waited)
						}
					}
					waitForAttempt()
				})
			})
		}
		t.Run(name+", with a renewal that began in the background", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := warmRemote(t, jwks.Options{MaxAge: time.Hour})
				s.setAnswer(hanging)
				sleepJustUnder(maxAge(r) - 10*time.Minute)
				for arrivedAt, waited := range traffic(t, 20*time.Minute, 100*time.Millisecond, func() { assertKey(t, r, "a") }) {
					if waited != 0 {
						t.Errorf("a caller after %v waited for %v, want no wait before or after the maximum age", arrivedAt, waited)
					}
				}
				waitForAttempt()
			})
		})
	}
}

// After a long time without tokens, callers wait for the server again, for up
// to 2 s. They do so even if the server hung before.
func TestHangingServerIsWaitedForAgainAfterIdleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		s.setAnswer(hang)
		time.Sleep(5 * time.Minute)
		assertKeyAfter(t, r, "a", waitLimit)
		waitForAttempt()
		s.setAnswer(delayed(time.Second, respondOK(set(freshEC("a"), freshEC("b")))))
		time.Sleep(8 * time.Hour)
		assertKeyAfter(t, r, "a", time.Second)
		assertKeyAfter(t, r, "b", 0)
	})
}

// If the key server fails in less than 2 s, callers wait for each attempt.
// During the back-off, and after an attempt that took 2 s or more, callers get
// the old key at once.
func TestQuicklyFailingServerIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = waitLimit - 1
		s, r := warmRemote(t, jwks.Options{})
		s.setAnswer(delayed(latency, connectionRefused))
		time.Sleep(5 * time.Minute)
		assertKeyAfter(t, r, "a", latency)
		assertKeyAfter(t, r, "a", 0) // during the back-off
		time.Sleep(time.Second)
		assertKeyAfter(t, r, "a", latency)

		s.setAnswer(delayed(waitLimit, connectionRefused))
		time.Sleep(2 * time.Second)
		assertKeyAfter(t, r, "a", waitLimit)
		time.Sleep(4 * time.Second)
		assertKeyAfter(t, r, "a", 0) // the previous attempt took 2 s or more
		waitForAttempt()
	})
}

// While the server hangs and no usable key is cached, callers wait only during
// the first 2 s of each attempt to fetch the keys.
func TestColdStartWithHangingServer(t *testing.T) {
	for name, cold := range map[string]func(t *testing.T) *jwks.Remote{
		"K03/before the first set": func(t *testing.T) *jwks.Remote {
			t.Helper()
			return newSite(hang).remote(t, jwks.Options{})
		},
		"K25/with a stale set": func(t *testing.T) *jwks.Remote {
			t.Helper()
			s, r := warmRemote(t, jwks.Options{MaxAge: time.Minute, MaxStale: time.Minute})
			s.setAnswer(hang)
			time.Sleep(time.Minute)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := cold(t)
				for arrivedAt, waited := range traffic(t, 5*time.Second, 100*time.Millisecond, func() { assertKeyError(t, r, "a", jwks.ErrUnavailable) }) {
					if want := max(waitLimit-arrivedAt, 0); waited != want {
						t.Errorf("a caller after %v waited for %v, want %v", arrivedAt, waited, want)
					}
				}
				time.Sleep(time.Second)
				for arrivedAt, waited := range traffic(t, time.Minute, 100*time.Millisecond, func() { assertKeyError(t, r, "a", jwks.ErrUnavailable) }) {
					if waited > waitLimit {
						t.Errorf("a caller after %v waited for %v, want %v at most", arrivedAt, waited, waitLimit)
					}
				}
				waitForAttempt()
			})
		})
	}
}

// Warm waits until the fetch succeeds or fails, even if that takes longer than
// 2 s.
func TestWarmWaitsForTheWholeAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		answer answer
		takes  time.Duration
		want   error
	}{
		"that succeeds": {delayed(4*time.Second, respondOK(set(freshEC("a")))), 4 * time.Second, nil},
		"that fails":    {hang, 5 * time.Second, jwks.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newSite(test.answer).remote(t, jwks.Options{})
				begin := time.Now()
				if err := r.Warm(t.Context()); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if took := time.Since(begin); took != test.takes {
					t.Errorf("took %v, want %v", took, test.takes)
				}
			})
		})
	}
}

// While junk key IDs cause fetches from a hanging server, tokens with cached
// keys do not wait, and no request waits longer than 2 s.
func TestK22JunkKeyIDsWhileTheServerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{})
		time.Sleep(time.Minute)
		s.setAnswer(hang)
		var flood sync.WaitGroup
		flood.Go(func() {
			junk := func() { assertKeyError(t, r, fmt.Sprintf("CANARY-%d", rand.Int()), jwks.ErrUnavailable) }
			for arrivedAt, waited := range traffic(t, 15*time.Minute, 50*time.Millisecond, junk) {
				if waited > waitLimit {
					t.Errorf("a caller after %v waited for %v, want %v at most", arrivedAt, waited, waitLimit)
				}
			}
		})
		for arrivedAt, waited := range traffic(t, 15*time.Minute, 50*time.Millisecond, func() { assertKey(t, r, "a") }) {
			if waited != 0 {
				t.Errorf("a caller after %v with a cached key waited for %v, want no wait", arrivedAt, waited)
			}
		}
		flood.Wait()
		// Each attempt takes 5 s, and at least half a second passes between two
		// attempts. Fewer than 180 attempts therefore fit into 15 minutes.
		if got := s.count() - 1; got > 15*60/5 {
			t.Errorf("got %d requests, want one at a time", got)
		}
		waitForAttempt()
	})
}

// A canceled caller gets no key from a set that is too old, because the key may
// have been withdrawn.
func TestCanceledCallerGetsNoKeyOfAnOldSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := warmRemote(t, jwks.Options{MaxAge: time.Hour})
		s.setAnswer(delayed(100*time.Millisecond, respondOK(set(freshEC("new")))))
		time.Sleep(20 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if key, err := r.Key(ctx, "a", "ES256"); key != nil || !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("got %v and %v, want %v", key, err, jwks.ErrUnavailable)
		}
		waitForAttempt()
		assertKeyError(t, r, "a", jwks.ErrUnknownKey)
	})
}
