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

// took runs something and demands how long that takes in a bubble.
func took(t *testing.T, want time.Duration, what func()) {
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
			s := newSite(after(time.Second, says(`{"active":true,"sub":"alice"}`)))
			c := newClient(t, s)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { isActive(t, c, token) })
			}
			all.Wait()
			s.asked(t, 1)
			t.Logf("%d requests, %d upstream calls", callers, len(s.seen()))
		})
	})
	t.Run("I14/so are those of a token that is not active", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(time.Second, says(`{"active":false}`)))
			c := newClient(t, s)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { isInactive(t, c, token) })
			}
			all.Wait()
			s.asked(t, 1)
		})
	})
	t.Run("I14/and without a cache, those that wait at the same time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(time.Second, says(`{"active":true}`)))
			c := newClient(t, s, always)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() { isActive(t, c, token) })
			}
			all.Wait()
			s.asked(t, 1)
			isActive(t, c, token)
			s.asked(t, 2)
		})
	})
	t.Run("I14/who leaves does not take the others along", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(time.Second, says(`{"active":true}`)))
			c := newClient(t, s)
			ctx, leave := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() { // the one whose question it was
				if r, err := c.Introspect(ctx, token); r != nil || !errors.Is(err, context.Canceled) || !errors.Is(err, introspect.ErrUnavailable) {
					t.Errorf("got %v, %v, want the caller's own end", r, err)
				}
			})
			synctest.Wait()
			for range 10 {
				all.Go(func() { isActive(t, c, token) })
			}
			time.Sleep(time.Second / 2)
			leave()
			all.Wait()
			s.asked(t, 1)
		})
	})
	t.Run("I14/who has left already learns nothing and stops nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(time.Second, says(`{"active":true}`)))
			c := newClient(t, s)
			gone, leave := context.WithCancel(t.Context())
			leave()
			if r, err := c.Introspect(gone, token); r != nil || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, %v", r, err)
			}
			isActive(t, c, token)
			s.asked(t, 1)
		})
	})
}

func TestThreatsLatency(t *testing.T) {
	t.Run("I20/an answer may take two seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(after(2*time.Second-1, says(`{"active":true}`))))
			took(t, 2*time.Second-1, func() { isActive(t, c, token) })
		})
	})
	t.Run("I20/metadata are part of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(paths(map[string]answer{
				wellKnown: after(1500*time.Millisecond, says(metadata("/found"))), "/found": after(time.Second, says(`{"active":true}`)),
			})), discovering)
			took(t, 2*time.Second, func() { isUnknown(t, c, token, fetch.ErrTimeout) })
		})
	})
	t.Run("I20/a caller may have less patience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, newSite(hangs))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			took(t, time.Second, func() {
				if r, err := c.Introspect(ctx, token); r != nil || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, %v", r, err)
				}
			})
			time.Sleep(time.Second) // for the call itself
		})
	})
	t.Run("I20/a server that hangs costs two seconds once, and nothing while it is left alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			const callers = 200
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, callers)
			s.becomes(hangs)
			var all sync.WaitGroup
			took(t, 2*time.Second, func() {
				for i := range callers {
					all.Go(func() { took(t, 2*time.Second, func() { isUnknown(t, c, fmt.Sprint(token, i), fetch.ErrTimeout) }) })
				}
				all.Wait()
			})
			took(t, 0, func() {
				for i := range 10000 {
					isUnknown(t, c, fmt.Sprint("later", i), introspect.ErrUnavailable)
					isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
			})
			s.asked(t, 2*callers)
			t.Logf("%d callers waited 2 s once, 20 000 after them 0 s", callers)
		})
	})
	t.Run("I20/a server that fails on the only token that was active is left alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			isActive(t, c, token)
			s.becomes(status(503, ``))
			for i := range 100 {
				isUnknown(t, c, fmt.Sprint("unseen", i), introspect.ErrUnavailable)
				synctest.Wait()
			}
			s.asked(t, 1+5+1)
		})
	})
	t.Run("I20/of those who come back one of each class tries, the others do not wait for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 100)
			s.becomes(hangs)
			var all sync.WaitGroup
			for i := range 5 {
				all.Go(func() { isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable) })
			}
			all.Wait()
			for round := range 3 { // outage goes on
				mine := 7 + round // it speaks against the server once
				time.Sleep(2*time.Second + 1)
				before := len(s.seen())
				all.Go(func() { isUnknown(t, c, "unseen", fetch.ErrTimeout) })
				all.Go(func() { isUnknown(t, c, fmt.Sprint(token, mine), fetch.ErrTimeout) })
				synctest.Wait()
				took(t, 0, func() {
					for i := range 100 {
						isUnknown(t, c, fmt.Sprint("other", i), introspect.ErrUnavailable)
						if i != mine { // whose question it is
							isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
						}
					}
				})
				all.Wait()
				s.asked(t, before+2)
			}
			time.Sleep(2*time.Second + 1)
			s.becomes(says(`{"active":true}`))
			for i := range 10 {
				isActive(t, c, fmt.Sprint(token, i))
			}
		})
	})
	t.Run("I20/unseen tokens that fail keep nobody from finding the server back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 10)
			s.becomes(status(503, ``))
			for i := range 5 {
				isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			time.Sleep(2*time.Second + 1)
			s.becomes(func(r *http.Request, seen call) (*http.Response, error) {
				if strings.HasPrefix(seen.form.Get("token"), "odd") {
					return hangs(r, seen)
				}
				return says(`{"active":true}`)(r, seen)
			})
			var all sync.WaitGroup
			all.Go(func() { isUnknown(t, c, "odd", introspect.ErrUnavailable) })
			synctest.Wait()
			isActive(t, c, token+"7")
			isActive(t, c, "a fresh one")
			all.Wait()
		})
	})
	t.Run("I20/a transport that does not heed its context does not hold its callers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(func(r *http.Request, _ call) (*http.Response, error) {
				time.Sleep(time.Minute)
				return says(`{"active":true}`)(r, call{})
			})
			c := newClient(t, s)
			begin := time.Now()
			isUnknown(t, c, token, introspect.ErrUnavailable)
			if waited := time.Since(begin); waited > 2100*time.Millisecond {
				t.Errorf("waited %v", waited)
			}
			time.Sleep(time.Minute)
		})
	})
}

func TestTheLogHasOneLinePerChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(journal)
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, always, func(c *introspect.Config) { c.Logger = log.logger() })
		known(t, c, 10)
		s.becomes(status(503, ``))
		for i := range 100 {
			isUnknown(t, c, fmt.Sprint(token, i%10), introspect.ErrUnavailable)
		}
		time.Sleep(time.Minute)
		s.becomes(refused)
		isUnknown(t, c, token+"0", introspect.ErrUnavailable)
		time.Sleep(time.Minute)
		s.becomes(says(`{"active":false}`))
		for range 10 {
			isInactive(t, c, token)
		}
		want := []string{"WARN server: introspection does not work", "WARN server: introspection does not work", "INFO server: introspection works again"}
		if got := log.lines(t); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
