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

// The one call that a breaker lets through to see whether a server is back may be
// lost. That must not keep the others waiting for its outcome.
func TestACallThatNeverReturnsIsAFailure(t *testing.T) {
	for name, hang := range map[string]func(done chan struct{}){
		"blocks": func(done chan struct{}) { <-done },
		"Goexit": func(chan struct{}) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				var stuck atomic.Bool
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, always, as(introspect.Bearer(func(context.Context) (string, error) {
					if stuck.CompareAndSwap(true, false) { // once, as the outage has it
						hang(done)
					}
					return "own", nil
				})))
				known(t, c, 10)
				s.becomes(status(503, ``))
				for i := range 5 {
					isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
				time.Sleep(2*time.Second + 1)
				stuck.Store(true)
				isUnknown(t, c, token+"7", introspect.ErrUnavailable) // waits 2.1 s
				s.becomes(says(`{"active":true}`))
				time.Sleep(24 * time.Hour)
				isActive(t, c, token+"8") // a day later
				close(done)
			})
		})
	}
}

func TestTokenSourcesThatHangLeaveRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan struct{})
		var down atomic.Bool
		down.Store(true)
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, as(introspect.Bearer(func(context.Context) (string, error) {
			if down.Load() {
				<-done
			}
			return "own", nil
		})))
		var all sync.WaitGroup
		for i := range 256 {
			all.Go(func() { isUnknown(t, c, fmt.Sprint("garbage", i), introspect.ErrUnavailable) })
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

// An instance that believes answers for an hour shares the store with one that
// was told to believe them for five seconds.
func TestAStoreDoesNotProlongWhatAClientBelieves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		s := newSite(says(`{"active":true}`))
		long := newClient(t, s, sharing(shared), func(c *introspect.Config) { c.MaxTTL = time.Hour })
		short := newClient(t, s, sharing(shared), func(c *introspect.Config) { c.MaxTTL = 5 * time.Second })
		isActive(t, long, token)
		s.becomes(says(`{"active":false}`)) // revoked at once
		time.Sleep(time.Hour - 4*time.Second)
		r, err := short.Introspect(t.Context(), token)
		if err != nil || r.Active {
			t.Errorf("revoked 59m56s ago, MaxTTL 5s: got active %v, %v", r != nil && r.Active, err)
		}
	})
}

// Whoever has a token that is answered oddly does not write our log.
func TestOddAnswersAreLoggedOnceAMinute(t *testing.T) {
	var lines atomic.Int64
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) { lines.Add(1); return len(p), nil }), nil))
	s := newSite(func(r *http.Request, c call) (*http.Response, error) {
		if strings.HasPrefix(c.form.Get("token"), "odd") {
			return status(400, ``)(r, c)
		}
		return says(`{"active":false}`)(r, c)
	})
	c := newClient(t, s, func(c *introspect.Config) { c.Logger = log })
	for i := range 1000 {
		_, _ = c.Introspect(t.Context(), fmt.Sprint("odd", i))
		_, _ = c.Introspect(t.Context(), fmt.Sprint("even", i))
	}
	if got := lines.Load(); got != 1 {
		t.Errorf("got %d lines for 1000 odd answers, want 1", got)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestTokensThatAServerFailsOnDoNotCutOffOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(func(r *http.Request, c call) (*http.Response, error) {
			if strings.HasPrefix(c.form.Get("token"), "odd") {
				return status(500, ``)(r, c)
			}
			return says(`{"active":true}`)(r, c)
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
			t.Errorf("%d of 3000 good tokens got 503 for 150 odd ones", refused)
		}
	})
}

func TestAStoreThatHangsLeavesACache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newStore()
		done := make(chan struct{})
		shared.get = func(context.Context, string) ([]byte, bool, error) { <-done; return nil, false, nil }
		shared.set = func(context.Context, string, []byte, time.Duration) error { <-done; return nil }
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, sharing(shared))
		for range 1000 {
			isActive(t, c, token)
		}
		s.asked(t, 1)
		close(done)
	})
}
