package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// requestKeys calls Key n times concurrently with the key ID kid, and checks
// that every call returns a key.
func requestKeys(t *testing.T, n int, r *jwks.Remote, kid string) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			_, errs[i] = r.Key(t.Context(), kid, "ES256")
		})
	}
	close(start)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("some of %d callers got %v, want a key for all", n, err)
	}
}

type slow struct {
	http.RoundTripper
	by time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	return delayed(s.by, s.RoundTripper.RoundTrip)(r)
}

func TestK21AThousandCallersShareOneFetch(t *testing.T) {
	for name, options := range map[string][]testserver.Option{"over a socket": nil, "over TLS": {testserver.TLS()}} {
		t.Run("K21/"+name, func(t *testing.T) {
			as := testserver.New(t, options...)
			r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				requestKeys(t, 1000, r, as.SigningKey().ID)
			}
			if keys, metadata := as.Count(testserver.EndpointJWKS), as.Count(testserver.EndpointDiscovery); keys != 1 || metadata != 1 {
				t.Errorf("got %d requests for keys and %d for metadata, want 1 each", keys, metadata)
			}
		})
	}
	t.Run("K21/with a slow server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			as := testserver.New(t, testserver.InMemory())
			client := &http.Client{Transport: slow{as.Client().Transport, waitLimit/2 - 1}}
			r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: client, Logger: discardLogger})
			if err != nil {
				t.Fatal(err)
			}
			requestKeys(t, 1000, r, as.SigningKey().ID)
			if keys, metadata := as.Count(testserver.EndpointJWKS), as.Count(testserver.EndpointDiscovery); keys != 1 || metadata != 1 {
				t.Errorf("cold: got %d requests for keys and %d for metadata, want 1 each", keys, metadata)
			}
			time.Sleep(time.Minute)
			requestKeys(t, 1000, r, as.Rotate().ID)
			if keys, metadata := as.Count(testserver.EndpointJWKS), as.Count(testserver.EndpointDiscovery); keys != 2 || metadata != 1 {
				t.Errorf("a new key: got %d requests for keys and %d for metadata, want 1 more for keys", keys, metadata)
			}
		})
	})
}

// A key may be published after an attempt began. Therefore, if that attempt
// does not find the key, the callers that arrived during the attempt share a
// second attempt.
func TestAttemptThatBeganTooEarlyIsFollowedByAnother(t *testing.T) {
	const latency = time.Second
	answers := func(keys ...any) answer { return delayed(latency, respondOK(set(keys...))) }
	for _, test := range []struct {
		name          string
		first, second answer
		want          error
		takes         time.Duration // counted from the calls of Key
		requests      int
	}{
		{"K21/the second attempt has the key", answers(freshEC("old")), answers(freshEC("new")), nil, 3 * latency / 2, 2},
		{"K21/the first attempt has the key", answers(freshEC("new")), connectionRefused, nil, latency / 2, 1},
		{"K21/neither has the key", answers(freshEC("old")), answers(freshEC("old")), jwks.ErrUnknownKey, 3 * latency / 2, 2},
		{"K21/the first attempt fails, so there is no second", delayed(latency, connectionRefused), answers(freshEC("new")), jwks.ErrUnavailable, latency / 2, 1},
		{"K21/the second attempt hangs", answers(freshEC("old")), hang, jwks.ErrUnavailable, latency/2 + waitLimit, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(test.first)
				r := s.remote(t, jwks.Options{MinInterval: time.Minute})
				_, _ = r.Snapshot() // begins the first attempt
				time.Sleep(latency / 2)
				s.setAnswer(test.second)
				begin := time.Now()
				var all sync.WaitGroup
				for range 1000 {
					all.Go(func() {
						if _, err := r.Key(t.Context(), "new", "ES256"); !errors.Is(err, test.want) {
							t.Errorf("got %v, want %v", err, test.want)
						}
						if took := time.Since(begin); took != test.takes {
							t.Errorf("took %v, want %v", took, test.takes)
						}
					})
				}
				all.Wait()
				if got := s.count(); got != test.requests {
					t.Errorf("got %d requests, want %d", got, test.requests)
				}
				waitForAttempt()
			})
		})
	}
	t.Run("K22/unless the budget is used up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, r := warmRemote(t, jwks.Options{Burst: 1})
			time.Sleep(time.Minute)
			s.setAnswer(answers(freshEC("old")))
			var junk sync.WaitGroup
			junk.Go(func() { assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey) })
			time.Sleep(latency / 2)
			s.setAnswer(answers(freshEC("new")))
			assertKeyError(t, r, "new", jwks.ErrUnknownKey)
			junk.Wait()
			if got := s.count(); got != 2 {
				t.Errorf("got %d requests, want the 2 that the budget allows", got)
			}
			time.Sleep(4 * time.Second)
			assertKeyAfter(t, r, "new", latency)
		})
	})
}

func TestK23CanceledCallerDoesNotEndTheFetch(t *testing.T) {
	for _, test := range []struct {
		name  string
		leave func(context.Context) (context.Context, context.CancelFunc)
		want  error
	}{
		{"by a deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 20*time.Millisecond)
		}, context.DeadlineExceeded},
		{"by a cancellation", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(20*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
	} {
		t.Run("K23/"+test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(delayed(time.Second, respondOK(set(freshEC("a")))))
				r := s.remote(t, jwks.Options{})
				begin := time.Now()

				var wg sync.WaitGroup
				defer wg.Wait()
				wg.Go(func() {
					ctx, cancel := test.leave(t.Context())
					defer cancel()
					err := r.Warm(ctx) // begins the fetch
					if !errors.Is(err, test.want) || !errors.Is(err, jwks.ErrUnavailable) {
						t.Errorf("canceled caller: got %v, want %v", err, test.want)
					}
					if got := time.Since(begin); got != 20*time.Millisecond {
						t.Errorf("canceled caller: returned after %v, want at once", got)
					}
				})
				synctest.Wait()
				wg.Go(func() {
					assertKey(t, r, "a")
					if got := time.Since(begin); got != time.Second {
						t.Errorf("other caller: returned after %v, want the second that the answer takes", got)
					}
				})
				wg.Wait()
				if got := s.count(); got != 1 {
					t.Errorf("got %d requests, want 1", got)
				}
			})
		})
	}
	t.Run("K23/without other callers", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(set(freshEC("a")))))
			r := s.remote(t, jwks.Options{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if err := r.Warm(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the caller's deadline", err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if snapshot, err := r.Snapshot(); err != nil || snapshot.Stats().Keys != 1 {
				t.Errorf("got %v, want the set", err)
			}
			if got := s.count(); got != 1 {
				t.Errorf("got %d requests, want 1", got)
			}
		})
	})
	t.Run("K23/canceled before it begins", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newSite(delayed(time.Second, respondOK(set(freshEC("a"))))).remote(t, jwks.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			begin := time.Now()
			if _, err := r.Key(ctx, "a", "ES256"); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the caller's cancellation", err)
			}
			if got := time.Since(begin); got != 0 {
				t.Errorf("returned after %v, want at once", got)
			}
			time.Sleep(time.Second)
			assertKey(t, r, "a")
		})
	})
}

func TestK29KeysAreUsedWhileTheSetIsReplaced(t *testing.T) {
	as := testserver.New(t)
	stable := testserver.GenerateKey("ES256", "stable")
	as.Publish(stable)
	r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger, MaxAge: 1, MinInterval: 1})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				assertKey(t, r, "stable")
				_, _ = r.Key(t.Context(), fmt.Sprintf("junk-%d", i), "ES256")
				r.Stats()
			}
		})
	}
	for range 50 {
		as.Rotate(testserver.Rotation{DropOld: true})
	}
	wg.Wait()
	assertKey(t, r, as.SigningKey().ID)
}
