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

// traffic asks for the key at each tick, each time in a goroutine of its own as
// requests do, and returns how long each one waited, by when it came.
func traffic(t *testing.T, lasts, tick time.Duration, ask func()) map[time.Duration]time.Duration {
	t.Helper()
	waits := make(map[time.Duration]time.Duration)
	var mu sync.Mutex
	var all sync.WaitGroup
	for begin := time.Now(); time.Since(begin) < lasts; time.Sleep(tick) {
		all.Go(func() {
			came := time.Now()
			ask()
			mu.Lock()
			defer mu.Unlock()
			waits[came.Sub(begin)] = time.Since(came)
		})
	}
	all.Wait()
	return waits
}

// A server that hangs blocks nobody whose key is known and fresh, and beyond
// that the first 2 s of its first attempt alone: who comes later in the attempt,
// or during another one, is served at once.
func TestAServerThatHangsBlocksForTwoSecondsInAll(t *testing.T) {
	inBody := streams(func(r *http.Request, _ []byte) (int, error) {
		<-r.Context().Done()
		return 0, r.Context().Err()
	})
	for name, hanging := range map[string]answer{
		"K03/without an answer": hangs, "K03/within its body": inBody,
	} {
		for _, age := range []time.Duration{time.Second, time.Minute, time.Hour} {
			t.Run(fmt.Sprintf("%s, beyond an age of %v", name, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, r := known(t, jwks.Options{MaxAge: age})
					s.becomes(hanging)
					time.Sleep(age)
					for came, waited := range traffic(t, 10*time.Minute, 100*time.Millisecond, func() { has(t, r, "a") }) {
						if want := max(patience-came, 0); waited != want {
							t.Errorf("who came %v after the renewal began waited for %v, want %v", came, waited, want)
						}
					}
					settle()
				})
			})
		}
		for _, age := range []time.Duration{time.Second, time.Minute, time.Hour} {
			t.Run(fmt.Sprintf("%s, with traffic all the time, at an age of %v", name, age), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, r := known(t, jwks.Options{MaxAge: age})
					s.becomes(hanging)
					for came, waited := range traffic(t, 2*age+time.Minute, min(age/20, time.Second), func() { has(t, r, "a") }) {
						if waited != 0 {
							t.Errorf("who came after %v waited for %v, want none to wait", came, waited)
						}
					}
					settle()
				})
			})
		}
		t.Run(name+", with a renewal that began in the background", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := known(t, jwks.Options{MaxAge: time.Hour})
				s.becomes(hanging)
				pass(maxAge(r) - 10*time.Minute)
				for came, waited := range traffic(t, 20*time.Minute, 100*time.Millisecond, func() { has(t, r, "a") }) {
					if waited != 0 {
						t.Errorf("who came after %v waited for %v, want none to wait, before the age or after", came, waited)
					}
				}
				settle()
			})
		})
	}
}

// Nobody knows what became of a server that hung in the evening: in the morning
// it is worth 2 s again.
func TestAServerThatHungIsWaitedForAfterAQuietNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		s.becomes(hangs)
		time.Sleep(5 * time.Minute)
		hasIn(t, r, "a", patience)
		settle()
		s.becomes(after(time.Second, says(set(freshEC("a"), freshEC("b")))))
		time.Sleep(8 * time.Hour)
		hasIn(t, r, "a", time.Second)
		hasIn(t, r, "b", 0)
	})
}

// A server that fails quickly costs no more than that, each time that it may be
// asked.
func TestAServerThatFailsQuicklyIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = patience - 1
		s, r := known(t, jwks.Options{})
		s.becomes(after(latency, refused))
		time.Sleep(5 * time.Minute)
		hasIn(t, r, "a", latency)
		hasIn(t, r, "a", 0) // while the back-off lasts
		time.Sleep(time.Second)
		hasIn(t, r, "a", latency)

		s.becomes(after(patience, refused))
		time.Sleep(2 * time.Second)
		hasIn(t, r, "a", patience)
		time.Sleep(4 * time.Second)
		hasIn(t, r, "a", 0) // it took too long
		settle()
	})
}

// Without a key each attempt blocks its first 2 s, no more.
func TestAColdStartWithAServerThatHangs(t *testing.T) {
	for name, cold := range map[string]func(t *testing.T) *jwks.Remote{
		"K03/before any key is known": func(t *testing.T) *jwks.Remote {
			t.Helper()
			return newSite(hangs).remote(t, jwks.Options{})
		},
		"K25/once the set is too old": func(t *testing.T) *jwks.Remote {
			t.Helper()
			s, r := known(t, jwks.Options{MaxAge: time.Minute, MaxStale: time.Minute})
			s.becomes(hangs)
			time.Sleep(time.Minute)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := cold(t)
				for came, waited := range traffic(t, 5*time.Second, 100*time.Millisecond, func() { hasNot(t, r, "a", jwks.ErrUnavailable) }) {
					if want := max(patience-came, 0); waited != want {
						t.Errorf("who came after %v waited for %v, want %v", came, waited, want)
					}
				}
				time.Sleep(time.Second)
				for came, waited := range traffic(t, time.Minute, 100*time.Millisecond, func() { hasNot(t, r, "a", jwks.ErrUnavailable) }) {
					if waited > patience {
						t.Errorf("who came after %v waited for %v, want %v at most", came, waited, patience)
					}
				}
				settle()
			})
		})
	}
}

// Refresh is for who wants to know how an attempt ends.
func TestRefreshWaitsForTheWholeAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		answer answer
		takes  time.Duration
		want   error
	}{
		"that succeeds": {after(4*time.Second, says(set(freshEC("a")))), 4 * time.Second, nil},
		"that fails":    {hangs, 5 * time.Second, jwks.ErrUnavailable},
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

// While junk keeps a server busy that hangs, tokens with known keys do not
// notice, and no request waits longer than 2 s.
func TestK22JunkKeyIDsWhileTheServerHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{})
		time.Sleep(time.Minute)
		s.becomes(hangs)
		var flood sync.WaitGroup
		flood.Go(func() {
			junk := func() { hasNot(t, r, fmt.Sprintf("CANARY-%d", rand.Int()), jwks.ErrUnavailable) }
			for came, waited := range traffic(t, 15*time.Minute, 50*time.Millisecond, junk) {
				if waited > patience {
					t.Errorf("who came after %v waited for %v, want %v at most", came, waited, patience)
				}
			}
		})
		for came, waited := range traffic(t, 15*time.Minute, 50*time.Millisecond, func() { has(t, r, "a") }) {
			if waited != 0 {
				t.Errorf("who came after %v with a known key waited for %v", came, waited)
			}
		}
		flood.Wait()
		// Each attempt takes 5 s, and at least half a second passes between two.
		if got := s.count() - 1; got > 15*60/5 {
			t.Errorf("got %d requests, want one at a time", got)
		}
		settle()
	})
}

// A caller whose context has ended gets no key of a set that is too old: it would
// pass with a key that was withdrawn.
func TestWhoLeavesGetsNoKeyOfAnOldSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := known(t, jwks.Options{MaxAge: time.Hour})
		s.becomes(after(100*time.Millisecond, says(set(freshEC("new")))))
		time.Sleep(20 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if key, err := r.Key(ctx, "a", "ES256"); key != nil || !errors.Is(err, jwks.ErrUnavailable) {
			t.Errorf("got %v and %v, want %v", key, err, jwks.ErrUnavailable)
		}
		settle()
		hasNot(t, r, "a", jwks.ErrUnknownKey)
	})
}
