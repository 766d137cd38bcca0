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

func TestAStoreThatFails(t *testing.T) {
	failing := errors.New(canary)
	hanging := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	deaf := func(context.Context) error { time.Sleep(5 * time.Second); return nil }
	for name, tt := range map[string]struct {
		fails func(context.Context) error
		wait  time.Duration // what an operation costs
	}{
		"returns an error":       {func(context.Context) error { return failing }, 0},
		"panics":                 {func(context.Context) error { panic(canary) }, 0},
		"hangs":                  {hanging, 250 * time.Millisecond},
		"does not heed contexts": {deaf, 250 * time.Millisecond},
	} {
		t.Run("one that "+name+" costs nothing but time", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, shared := new(journal), newStore()
				shared.get = func(ctx context.Context, _ string) ([]byte, bool, error) { return []byte(canary), true, tt.fails(ctx) }
				shared.set = func(ctx context.Context, _ string, _ []byte, _ time.Duration) error { return tt.fails(ctx) }
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, sharing(shared), func(c *introspect.Config) { c.Logger = log.logger() })
				took(t, tt.wait, func() { isActive(t, c, token) })
				for range 3 { // it is left alone, and the answer kept here
					took(t, 0, func() { isActive(t, c, token) })
				}
				s.asked(t, 1)
				if strings.Contains(log.text.String(), canary) {
					t.Errorf("got log %s", log.text.String())
				}
				if got, want := log.lines(t), []string{"WARN cache: introspection does not work"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
				time.Sleep(time.Minute)
				shared.works()
				isActive(t, c, token)
				isActive(t, c, token)
				s.asked(t, 2)
				if got, want := log.lines(t), []string{"INFO cache: introspection works again"}; !slices.Equal(got, want) {
					t.Errorf("got log %q, want %q", got, want)
				}
			})
		})
	}
	t.Run("one that never comes back is waited for 256 times", func(t *testing.T) {
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
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, sharing(shared))
			var all sync.WaitGroup
			for i := range 256 {
				all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
			for i := range 10 {
				time.Sleep(2 * time.Second)
				took(t, 250*time.Millisecond, func() { isActive(t, c, fmt.Sprint("more", i)) })
			}
			if waiting != 256 {
				t.Errorf("got %d operations, want 256", waiting)
			}
			close(release)
			synctest.Wait()
		})
	})
	t.Run("one that is busy is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			s := newSite(says(`{"active":true}`))
			first := newClient(t, s, sharing(shared))
			const tokens = 2000
			for i := range tokens {
				isActive(t, first, fmt.Sprint(token, i))
			}
			s.becomes(refused)
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				time.Sleep(10 * time.Millisecond)
				return shared.have(key)
			}
			second := newClient(t, s, sharing(shared))
			var all sync.WaitGroup
			for i := range tokens {
				all.Go(func() { isActive(t, second, fmt.Sprint(token, i)) })
			}
			all.Wait()
		})
	})
	t.Run("one that hangs does not pass for a server that does", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			shared.get = func(ctx context.Context, _ string) ([]byte, bool, error) { return nil, false, hanging(ctx) }
			s := newSite(after(1700*time.Millisecond, says(`{"active":true}`)))
			c := newClient(t, s, sharing(shared))
			for i := range 10 {
				isActive(t, c, fmt.Sprint(token, i))
			}
		})
	})
	t.Run("many requests with one token are one operation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			shared := newStore()
			gets := 0
			shared.get = func(_ context.Context, key string) ([]byte, bool, error) {
				gets++ // by one goroutine, or the race detector tells
				time.Sleep(time.Millisecond)
				return shared.have(key)
			}
			s := newSite(after(time.Second, says(`{"active":true}`)))
			c := newClient(t, s, sharing(shared))
			var all sync.WaitGroup
			for range 1000 {
				all.Go(func() { isActive(t, c, token) })
			}
			all.Wait()
			s.asked(t, 1)
			if gets != 1 {
				t.Errorf("got %d operations, want 1", gets)
			}
		})
	})
}
