package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// slow is a config with long durations, so that the expected times are easy to
// calculate.
var slow = config{minInterval: 4 * time.Second, period: 10 * time.Second, faultFor: 12 * time.Second, faultFreeFor: 7 * time.Second}

// publishes reports whether the server's key set contains a key.
func publishes(as *testserver.Server, s *signer) bool {
	return strings.Contains(string(as.JWKS()), s.id)
}

// current returns the newest key that signs or has signed, and the key that
// will sign next.
func current(r *ring) (newest, staged *signer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest(), r.staged
}

func TestRing(t *testing.T) {
	start := func(t *testing.T) (*testserver.Server, *ring) {
		as := testserver.New(t, testserver.InMemory())
		r := newRing(as, slow)
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { r.run(ctx) })
		t.Cleanup(func() {
			cancel()
			done.Wait()
		})
		return as, r
	}

	t.Run("a key is published a minimum interval and a quarter before it signs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			as, r := start(t)
			first := as.SigningKey().ID
			time.Sleep(5*time.Second - 1)
			synctest.Wait()
			_, staged := current(r)
			if got := as.SigningKey().ID; got != first || staged == nil || !publishes(as, staged) {
				t.Errorf("got key %q, want the first to sign and the next to be published", got)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			newest, left := current(r)
			if got := as.SigningKey().ID; got == first || got != staged.id || newest != staged || left != nil {
				t.Errorf("got key %q, want the key that was published", got)
			}
			if len(newest.good) == 0 || len(newest.hostile) == 0 {
				t.Error("got no tokens of the new key")
			}
		})
	})

	t.Run("keys in use are published, and old ones are withdrawn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			as, r := start(t)
			first, _ := current(r)
			time.Sleep(100 * time.Second)
			synctest.Wait()
			used := make(map[*signer]bool)
			for n := range 100 {
				used[r.recent(n)] = true
			}
			if len(used) != inUse {
				t.Errorf("got %d keys in use, want %d", len(used), inUse)
			}
			for s := range used {
				if !publishes(as, s) {
					t.Error("a key in use is not published")
				}
			}
			if publishes(as, first) {
				t.Error("the first key is still published")
			}
		})
	})

	t.Run("a key is banned after the verifier has fetched a newer set", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			as, r := start(t)
			time.Sleep(206 * time.Second) // a second after the newest key begins to sign
			synctest.Wait()
			if got := r.banned(); got != nil {
				t.Fatalf("got key %q, want none while no key was accepted", got.id)
			}
			newest, _ := current(r)
			newest.accepted.Store(true)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := r.banned(); got == nil || publishes(as, got) {
				t.Error("got no key, or one that is still published")
			}
		})
	})

	t.Run("settled is true between the acceptance of a key and the next publication", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, r := start(t)
			for _, step := range []struct {
				sleep  time.Duration
				accept bool
				want   bool
			}{{time.Second, true, false}, {5 * time.Second, false, false}, {0, true, true}, {5 * time.Second, false, false}} {
				time.Sleep(step.sleep)
				synctest.Wait()
				if step.accept {
					newest, _ := current(r)
					newest.accepted.Store(true)
				}
				called := false
				if got := r.ifSettled(func() { called = true }); got != step.want || called != step.want {
					t.Errorf("got %v, called %v, want %v", got, called, step.want)
				}
			}
		})
	})
}

func TestFaults(t *testing.T) {
	as := testserver.New(t, testserver.InMemory())
	seen := make(map[string]bool)
	for _, f := range faults(as, time.Second) {
		name := fmt.Sprint(f.at, ": ", f.name)
		if seen[name] {
			t.Errorf("%s is repeated", name)
		}
		seen[name] = true
		as.Inject(f.at, f.what).Remove() // Inject panics if the fault is not valid
	}
}

func TestUnsolicited304(t *testing.T) {
	as := testserver.New(t, testserver.InMemory())
	as.Inject(testserver.EndpointJWKS, unsolicitedNotModified(as))
	for tag, want := range map[string]int{"": http.StatusNotModified, `"a tag"`: http.StatusOK} {
		r, err := http.NewRequest("GET", as.Endpoint(testserver.EndpointJWKS), nil)
		if err != nil {
			t.Fatal(err)
		}
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		res, err := as.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != want || res.Header.Get("ETag") != "" || want == http.StatusOK && string(body) != string(as.JWKS()) {
			t.Errorf("got %v, ETag %q for If-None-Match %q, want %v without an ETag", res.StatusCode, res.Header.Get("ETag"), tag, want)
		}
	}
}

func TestInjector(t *testing.T) {
	// get requests an endpoint and returns the status.
	get := func(t *testing.T, as *testserver.Server, ep testserver.Endpoint) int {
		t.Helper()
		res, err := as.Client().Get(as.Endpoint(ep))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	for _, tt := range []struct {
		name   string
		fault  fault
		fetch  bool          // whether the test first fetches the key set
		status int           // status of the endpoint during the fault
		want   time.Duration // from the start of the outage to the end of its grace period
	}{
		{"a fault of the key set is an outage", fault{at: testserver.EndpointJWKS, what: testserver.Status(500)}, false, 500, 20 * time.Second},
		{"one with Retry-After has a longer grace period", fault{at: testserver.EndpointJWKS, what: testserver.Status(500), extraGrace: time.Second}, false, 500, 21 * time.Second},
		{"one that is survivable is not an outage", fault{at: testserver.EndpointJWKS, what: testserver.Latency(1), survivable: true}, false, 200, 0},
		{"one of the metadata lasts no longer than the 404 of the set", fault{at: testserver.EndpointDiscovery, what: testserver.Status(500), survivable: true}, true, 500, 8 * time.Second},
		{"one of the metadata that no request met lasts until it is removed", fault{at: testserver.EndpointDiscovery, what: testserver.Status(500), survivable: true}, false, 500, 20 * time.Second},
		{"one of the metadata that holds requests is an outage", fault{at: testserver.EndpointDiscovery, what: testserver.Status(500), extraGrace: 5 * time.Second}, true, 500, 25 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				r := newRing(as, slow)
				r.newest().accepted.Store(true)
				w := newInjector(as, r, slow)
				w.faults = []fault{tt.fault}
				began := time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				var done sync.WaitGroup
				done.Go(func() { w.run(ctx) })
				synctest.Wait()
				if tt.fetch {
					if got := get(t, as, testserver.EndpointJWKS); got != http.StatusNotFound {
						t.Errorf("got %v from the key set, want 404 once", got)
					}
					if got := get(t, as, testserver.EndpointJWKS); got != http.StatusOK {
						t.Errorf("got %v from the key set again, want 200", got)
					}
				}
				if got := get(t, as, tt.fault.at); got != tt.status {
					t.Errorf("got %v under the fault, want %v", got, tt.status)
				}
				time.Sleep(12 * time.Second)
				synctest.Wait()
				if got := get(t, as, tt.fault.at); got != http.StatusOK {
					t.Errorf("got %v after the fault, want 200", got)
				}
				cancel()
				done.Wait()

				var got time.Duration
				for _, o := range w.recentOutages() {
					if o.began != began || o.ended.IsZero() {
						t.Errorf("got an outage from %v to %v, want one that began at %v and is over", o.began, o.ended, began)
					}
					got = o.ended.Add(o.grace).Sub(o.began)
				}
				if got != tt.want {
					t.Errorf("got an outage of %v, including its grace period, want %v", got, tt.want)
				}
				if w.injected != 1 || w.met != 1 {
					t.Errorf("got %d faults injected and %d met, want 1 and 1", w.injected, w.met)
				}
			})
		})
	}

	t.Run("no fault begins before the key is accepted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			as := testserver.New(t, testserver.InMemory())
			w := newInjector(as, newRing(as, slow), slow)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			w.run(ctx)
			if w.injected != 0 {
				t.Errorf("got %d faults, want none", w.injected)
			}
		})
	})
}
