package introspect_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// During an outage, a probe is a query that tests whether the server works
// again. A probe that never returns must not block other queries.
func TestHangingCallIsAFailure(t *testing.T) {
	for name, hang := range map[string]func(done chan struct{}){
		"blocks": func(done chan struct{}) { <-done },
		"Goexit": func(chan struct{}) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				var stuck atomic.Bool
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, noCache, withAuth(introspect.Bearer(func(context.Context) (string, error) {
					if stuck.CompareAndSwap(true, false) { // only the probe hangs
						hang(done)
					}
					return "own", nil
				})))
				activate(t, c, 10)
				s.setAnswer(status(503, ``))
				for i := range 5 {
					assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
				time.Sleep(2*time.Second + 1)
				stuck.Store(true)
				assertUnavailable(t, c, token+"7", introspect.ErrUnavailable) // the probe fails
				s.setAnswer(respondOK(`{"active":true}`))
				time.Sleep(24 * time.Hour)
				assertActive(t, c, token+"8") // a day later
				close(done)
			})
		})
	}
}

func TestHangingTokenSourcesDoNotBlockOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var down atomic.Bool
		down.Store(true)
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, withAuth(introspect.Bearer(func(context.Context) (string, error) {
			if down.Load() {
				<-done
			}
			return "own", nil
		})))
		var all sync.WaitGroup
		for i := range 256 {
			all.Go(func() { assertUnavailable(t, c, fmt.Sprint("garbage", i), introspect.ErrUnavailable) })
		}
		all.Wait()
		down.Store(false)
		time.Sleep(24 * time.Hour)
		if _, err := c.Introspect(t.Context(), "good"); err != nil {
			t.Errorf("a day later: got %v, want an answer", err)
		}
		close(done)
	})
}

// Two instances share a store. The first has a MaxTTL of an hour, and the
// second has a MaxTTL of five seconds. The second instance must not use a
// stored answer for an hour.
func TestSharedStoreDoesNotProlongMaxTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		s := newSite(respondOK(`{"active":true}`))
		long := newClient(t, s, withCache(shared), func(c *introspect.Config) { c.MaxTTL = time.Hour })
		short := newClient(t, s, withCache(shared), func(c *introspect.Config) { c.MaxTTL = 5 * time.Second })
		assertActive(t, long, token)
		s.setAnswer(respondOK(`{"active":false}`)) // the token is revoked right after the first query
		time.Sleep(time.Hour - 4*time.Second)
		r, err := short.Introspect(t.Context(), token)
		if err != nil || r.Active {
			t.Errorf("revoked 59m56s ago, MaxTTL 5s: got active %v, %v, want inactive", r != nil && r.Active, err)
		}
	})
}

// An attacker cannot flood the log with tokens that cause unexpected answers.
func TestUnexpectedAnswersAreLoggedOnceAMinute(t *testing.T) {
	var lines atomic.Int64
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) { lines.Add(1); return len(p), nil }), nil))
	s := newSite(func(r *http.Request, c call) (*http.Response, error) {
		if strings.HasPrefix(c.form.Get("token"), "odd") {
			return status(400, ``)(r, c)
		}
		return respondOK(`{"active":false}`)(r, c)
	})
	c := newClient(t, s, func(c *introspect.Config) { c.Logger = log })
	for i := range 1000 {
		_, _ = c.Introspect(t.Context(), fmt.Sprint("odd", i))
		_, _ = c.Introspect(t.Context(), fmt.Sprint("even", i))
	}
	if got := lines.Load(); got != 1 {
		t.Errorf("got %d lines for 1000 unexpected answers, want 1", got)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestFailingTokensDoNotBlockOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(func(r *http.Request, c call) (*http.Response, error) {
			if strings.HasPrefix(c.form.Get("token"), "odd") {
				return status(500, ``)(r, c)
			}
			return respondOK(`{"active":true}`)(r, c)
		})
		c := newClient(t, s)
		refused := 0
		for second := range 30 {
			for i := range 5 {
				_, _ = c.Introspect(t.Context(), fmt.Sprint("odd", second, "-", i))
			}
			for i := range 100 {
				if _, err := c.Introspect(t.Context(), fmt.Sprint("good", second, "-", i)); err != nil {
					refused++
				}
			}
			time.Sleep(2*time.Second + 1)
		}
		if refused > 0 {
			t.Errorf("%d of 3000 good tokens failed because the server fails for 150 other tokens", refused)
		}
	})
}

func TestHangingStoreFallsBackToMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		done := make(chan struct{})
		shared.get = func(context.Context, string) ([]byte, bool, error) { <-done; return nil, false, nil }
		shared.set = func(context.Context, string, []byte, time.Duration) error { <-done; return nil }
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, withCache(shared))
		for range 1000 {
			assertActive(t, c, token)
		}
		s.assertRequests(t, 1)
		close(done)
	})
}
