package introspect_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

func TestFailingStore(t *testing.T) {
	failing := errors.New(canary)
	hanging := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	deaf := func(context.Context) error { time.Sleep(5 * time.Second); return nil }
	for name, tt := range map[string]struct {
		fails func(context.Context) error
		wait  time.Duration // time of the first query
	}{
		"returns an error": {func(context.Context) error { return failing }, 0},
		"panics":           {func(context.Context) error { panic(canary) }, 0},
		"hangs":            {hanging, 250 * time.Millisecond},
		"ignores contexts": {deaf, 250 * time.Millisecond},
	} {
		t.Run("one that "+name+" costs only time", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, shared := new(logCapture), newStore()
				shared.get = func(ctx context.Context, _ string) ([]byte, bool, error) { return []byte(canary), true, tt.fails(ctx) }
				shared.set = func(ctx context.Context, _ string, _ []byte, _ time.Duration) error { return tt.fails(ctx) }
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, withCache(shared), func(c *introspect.Config) { c.Logger = log.logger() })
				assertDuration(t, tt.wait, func() { assertActive(t, c, token) })
				for range 3 { // the client skips the failed store and answers from memory
					assertDuration(t, 0, func() { assertActive(t, c, token) })
				}
				s.assertRequests(t, 1)
				if strings.Contains(log.text.String(), canary) {
					t.Errorf("got log %s, want it without the error text of the store", log.text.String())
				}
				if got, want := log.lines(t), []string{"WARN cache: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
				time.Sleep(time.Minute)
				shared.repair()
				assertActive(t, c, token)
				assertActive(t, c, token)
				s.assertRequests(t, 2)
				if got, want := log.lines(t), []string{"INFO cache: introspection works again"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
			})
		})
	}
	t.Run("one that never returns runs 256 operations at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			release := make(chan struct{})
			waiting := 0
			shared.get = func(context.Context, string) ([]byte, bool, error) {
				shared.mu.Lock()
				waiting++
				shared.mu.Unlock()
				<-release
				return nil, false, nil
			}
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, withCache(shared))
			var all sync.WaitGroup
			for i := range 256 {
				all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
			for i := range 10 {
				time.Sleep(2 * time.Second)
				assertDuration(t, 250*time.Millisecond, func() { assertActive(t, c, fmt.Sprint("more", i)) })
			}
			if waiting != 256 {
				t.Errorf("got %d operations, want 256", waiting)
			}
			close(release)
			synctest.Wait()
		})
	})
	t.Run("a slow one is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			s := newSite(respondOK(`{"active":true}`))
			first := newClient(t, s, withCache(shared))
			const tokens = 2000
			for i := range tokens {
				assertActive(t, first, fmt.Sprint(token, i))
			}
			s.setAnswer(connectionRefused)
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				time.Sleep(10 * time.Millisecond)
				return shared.lookup(key)
			}
			second := newClient(t, s, withCache(shared))
			var all sync.WaitGroup
			for i := range tokens {
				all.Go(func() { assertActive(t, second, fmt.Sprint(token, i)) })
			}
			all.Wait()
		})
	})
	t.Run("a hanging one does not count as a hanging server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			shared.get = func(ctx context.Context, _ string) ([]byte, bool, error) { return nil, false, hanging(ctx) }
			s := newSite(delayed(1700*time.Millisecond, respondOK(`{"active":true}`)))
			c := newClient(t, s, withCache(shared))
			for i := range 10 {
				assertActive(t, c, fmt.Sprint(token, i))
			}
		})
	})
	t.Run("many requests with one token are one operation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			gets := 0
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				gets++ // not atomic, so that the race detector reports concurrent calls
				time.Sleep(time.Millisecond)
				return shared.lookup(key)
			}
			s := newSite(delayed(time.Second, respondOK(`{"active":true}`)))
			c := newClient(t, s, withCache(shared))
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() { assertActive(t, c, token) })
			}
			all.Wait()
			s.assertRequests(t, 1)
			if gets != 1 {
				t.Errorf("got %d operations, want 1", gets)
			}
		})
	})
}
