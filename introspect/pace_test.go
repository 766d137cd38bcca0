package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/introspect"
)

// assertDuration calls a function and checks that the call takes exactly the
// given time. It must run in a synctest bubble.
func assertDuration(t *testing.T, want time.Duration, what func()) {
	t.Helper()
	begin := time.Now()
	what()
	if got := time.Since(begin); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

func TestThreatsOneCallForManyCallers(t *testing.T) {
	const callers = 1000
	t.Run("I14/1 000 requests with one token are one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":true,"sub":"alice"}`)))
			c := newClient(t, s)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { assertActive(t, c, token) })
			}
			all.Wait()
			s.assertRequests(t, 1)
			t.Logf("%d requests, %d upstream calls", callers, len(s.received()))
		})
	})
	t.Run("I14/1 000 requests with one inactive token are one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":false}`)))
			c := newClient(t, s)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { assertInactive(t, c, token) })
			}
			all.Wait()
			s.assertRequests(t, 1)
		})
	})
	t.Run("I14/concurrent requests without a cache are one call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":true}`)))
			c := newClient(t, s, noCache)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { assertActive(t, c, token) })
			}
			all.Wait()
			s.assertRequests(t, 1)
			assertActive(t, c, token)
			s.assertRequests(t, 2)
		})
	})
	t.Run("I14/a canceled caller does not cancel the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":true}`)))
			c := newClient(t, s)
			ctx, leave := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() { // this caller starts the call
				if r, err := c.Introspect(ctx, token); r != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, introspect.ErrUnavailable) {
					t.Errorf("got %v, %v, want the caller's cancellation", r, err)
				}
			})
			synctest.Wait()
			for range 10 {
				all.Go(func() { assertActive(t, c, token) })
			}
			time.Sleep(time.Second / 2)
			leave()
			all.Wait()
			s.assertRequests(t, 1)
		})
	})
	t.Run("I14/an already canceled caller gets an error and does not affect others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":true}`)))
			c := newClient(t, s)
			canceled, leave := context.WithCancel(t.Context())
			leave()
			if r, err := c.Introspect(canceled, token); r != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v and error %v, want context.Canceled", r, err)
			}
			assertActive(t, c, token)
			s.assertRequests(t, 1)
		})
	})
}

func TestThreatsLatency(t *testing.T) {
	t.Run("I20/an answer may take two seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(delayed(2*time.Second-1, respondOK(`{"active":true}`))))
			assertDuration(t, 2*time.Second-1, func() { assertActive(t, c, token) })
		})
	})
	t.Run("I20/metadata is part of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(byPath(map[string]answer{
				wellKnown: delayed(1500*time.Millisecond, respondOK(metadata("/found"))), "/found": delayed(time.Second, respondOK(`{"active":true}`)),
			})), withDiscovery)
			assertDuration(t, 2*time.Second, func() { assertUnavailable(t, c, token, fetch.ErrTimeout) })
		})
	})
	t.Run("I20/a caller may have a shorter deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(hang))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			assertDuration(t, time.Second, func() {
				if r, err := c.Introspect(ctx, token); r != nil || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v and error %v, want context.DeadlineExceeded", r, err)
				}
			})
			time.Sleep(time.Second) // lets the call end
		})
	})
	t.Run("I20/a hanging server costs two seconds once, and nothing during the back-off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const callers = 200
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, callers)
			s.setAnswer(hang)
			var all sync.WaitGroup
			assertDuration(t, 2*time.Second, func() {
				for i := range callers {
					all.Go(func() {
						assertDuration(t, 2*time.Second, func() { assertUnavailable(t, c, fmt.Sprint(token, i), fetch.ErrTimeout) })
					})
				}
				all.Wait()
			})
			assertDuration(t, 0, func() {
				for i := range 10000 {
					assertUnavailable(t, c, fmt.Sprint("later", i), introspect.ErrUnavailable)
					assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
			})
			s.assertRequests(t, 2*callers)
			t.Logf("%d callers waited 2 s once, 20 000 after them 0 s", callers)
		})
	})
	t.Run("I20/failures of the only token that was active cause a back-off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			assertActive(t, c, token)
			s.setAnswer(status(503, ``))
			for i := range 100 {
				assertUnavailable(t, c, fmt.Sprint("unseen", i), introspect.ErrUnavailable)
				synctest.Wait()
			}
			s.assertRequests(t, 1+5+1)
		})
	})
	t.Run("I20/after the back-off one token of each class is a probe, and the others do not wait for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 100)
			s.setAnswer(hang)
			var all sync.WaitGroup
			for i := range 5 {
				all.Go(func() { assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable) })
			}
			all.Wait()
			for round := range 3 { // the outage continues in all rounds
				probe := 7 + round // a different token in each round, because a failure for one token counts only once
				time.Sleep(2*time.Second + 1)
				before := len(s.received())
				all.Go(func() { assertUnavailable(t, c, "unseen", fetch.ErrTimeout) })
				all.Go(func() { assertUnavailable(t, c, fmt.Sprint(token, probe), fetch.ErrTimeout) })
				synctest.Wait()
				assertDuration(t, 0, func() {
					for i := range 100 {
						assertUnavailable(t, c, fmt.Sprint("other", i), introspect.ErrUnavailable)
						if i != probe { // a query for this token would share the probe
							assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
						}
					}
				})
				all.Wait()
				s.assertRequests(t, before+2)
			}
			time.Sleep(2*time.Second + 1)
			s.setAnswer(respondOK(`{"active":true}`))
			for i := range 10 {
				assertActive(t, c, fmt.Sprint(token, i))
			}
		})
	})
	t.Run("I20/failing unseen tokens do not block the recovery", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 10)
			s.setAnswer(status(503, ``))
			for i := range 5 {
				assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			time.Sleep(2*time.Second + 1)
			s.setAnswer(func(r *http.Request, seen call) (*http.Response, error) {
				if strings.HasPrefix(seen.form.Get("token"), "odd") {
					return hang(r, seen)
				}
				return respondOK(`{"active":true}`)(r, seen)
			})
			var all sync.WaitGroup
			all.Go(func() { assertUnavailable(t, c, "odd", introspect.ErrUnavailable) })
			synctest.Wait()
			assertActive(t, c, token+"7")
			assertActive(t, c, "a fresh one")
			all.Wait()
		})
	})
	t.Run("I20/a transport that ignores its context does not block its callers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(func(r *http.Request, _ call) (*http.Response, error) {
				time.Sleep(time.Minute)
				return respondOK(`{"active":true}`)(r, call{})
			})
			c := newClient(t, s)
			begin := time.Now()
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			if waited := time.Since(begin); waited > 2100*time.Millisecond {
				t.Errorf("waited %v, want 2.1 s at most", waited)
			}
			time.Sleep(time.Minute)
		})
	})
}

func TestFailuresAreLoggedOncePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(logCapture)
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, noCache, func(c *introspect.Config) { c.Logger = log.logger() })
		activate(t, c, 10)
		s.setAnswer(status(503, ``))
		for i := range 100 {
			assertUnavailable(t, c, fmt.Sprint(token, i%10), introspect.ErrUnavailable)
		}
		time.Sleep(time.Minute)
		s.setAnswer(connectionRefused)
		assertUnavailable(t, c, token+"0", introspect.ErrUnavailable)
		time.Sleep(time.Minute)
		s.setAnswer(respondOK(`{"active":false}`))
		for range 10 {
			assertInactive(t, c, token)
		}
		want := []string{"WARN server: introspection does not work", "WARN server: introspection does not work", "INFO server: introspection works again"}
		if got := log.lines(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
