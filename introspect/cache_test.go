package introspect_test

import (
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

func withMaxTTL(ttl time.Duration) func(*introspect.Config) {
	return func(c *introspect.Config) { c.MaxTTL = ttl }
}

// A revoked token is accepted until its cached answer expires, but not after
// that.
func TestThreatsRevokedWhileCached(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ttl, end time.Duration
	}{
		{"30 seconds by default", 0, 30 * time.Second},
		{"as long as configured", 5 * time.Second, 5 * time.Second},
		{"an hour at most", time.Hour, time.Hour},
	} {
		t.Run("I10/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, withMaxTTL(tt.ttl))
				assertActive(t, c, token)
				s.setAnswer(respondOK(`{"active":false}`))
				time.Sleep(tt.end - 1)
				assertActive(t, c, token) // a cache hit does not prolong the TTL
				s.assertRequests(t, 1)
				time.Sleep(time.Nanosecond)
				assertInactive(t, c, token)
				s.assertRequests(t, 2)
			})
		})
	}
	t.Run("I10/not at all without a cache", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			assertActive(t, c, token)
			s.setAnswer(respondOK(`{"active":false}`))
			assertInactive(t, c, token)
			s.setAnswer(respondOK(`{"active":true}`))
			assertActive(t, c, token)
			s.assertRequests(t, 3)
		})
	})
	t.Run("I10/the TTL includes the time of the call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(1500*time.Millisecond, respondOK(`{"active":true}`)))
			c := newClient(t, s, withMaxTTL(5*time.Second))
			asked := time.Now()
			assertActive(t, c, token)
			s.setAnswer(respondOK(`{"active":false}`)) // revoked right after the query
			time.Sleep(time.Until(asked.Add(5 * time.Second)))
			assertInactive(t, c, token)
		})
	})
	t.Run("I10/an answer that took as long as its TTL is not cached", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(delayed(time.Second, respondOK(`{"active":true}`)))
			c := newClient(t, s, withMaxTTL(time.Second))
			assertActive(t, c, token)
			assertActive(t, c, token)
			s.assertRequests(t, 2)
		})
	})
}

func TestInactiveAnswersAreCachedForFiveSeconds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ttl, end time.Duration
	}{{"five seconds", 0, 5 * time.Second}, {"five seconds of an hour", time.Hour, 5 * time.Second}, {"less with a shorter MaxTTL", time.Second, time.Second}} {
		t.Run("I13/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":false}`))
				c := newClient(t, s, withMaxTTL(tt.ttl))
				assertInactive(t, c, token)
				s.setAnswer(respondOK(`{"active":true}`)) // now the server has issued the token
				time.Sleep(tt.end - 1)
				assertInactive(t, c, token)
				s.assertRequests(t, 1)
				time.Sleep(time.Nanosecond)
				assertActive(t, c, token)
			})
		})
	}
}

func TestCallersCannotChangeCachedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const body = `{"active":true,"sub":"alice"}`
		c := newClient(t, newSite(delayed(time.Second, respondOK(body))))
		var all sync.WaitGroup
		for range 10 { // the first answers come from one shared call, the later ones from the cache
			all.Go(func() {
				for range 3 {
					r, err := c.Introspect(t.Context(), token)
					if err != nil || string(r.Claims) != body || !r.Active {
						t.Errorf("got claims %s and error %v, want the claims of the answer", r.Claims, err)
						return
					}
					r.Active = false
					copy(r.Claims, `{"active":true,"sub":"mallory"`)
				}
			})
		}
		all.Wait()
		if got := assertActive(t, c, token); got != body {
			t.Errorf("got claims %s, want the claims of the answer", got)
		}
	})
	t.Run("an inactive answer", func(t *testing.T) {
		c := newClient(t, newSite(respondOK(`{"active":false}`)))
		for range 3 {
			r, err := c.Introspect(t.Context(), token)
			if err != nil || r.Active {
				t.Fatalf("got %v and error %v, want an inactive token", r, err)
			}
			r.Active, r.Claims = true, []byte(`{"active":true}`)
		}
	})
}

// The two tokens of each pair differ, but a careless implementation would use
// the same cache key for both tokens.
func TestThreatsCacheKeys(t *testing.T) {
	long := strings.Repeat("a", 4000)
	for name, pair := range map[string][2]string{
		"a prefix": {token, token + "x"}, "case": {"abc", "ABC"}, "a character at the end": {"abc", "abc="}, "long tokens that differ at the end": {long + "x", long + "y"},
		"long tokens that differ in length": {long, long + "a"}, "tokens that differ at the beginning": {"x" + long, "y" + long}, "an empty token": {"", "a"},
		"a space": {"abc", "abc "}, "a NUL": {"abc", "abc\x00"},
	} {
		t.Run("I12/"+name, func(t *testing.T) {
			s := newSite(func(r *http.Request, c call) (*http.Response, error) {
				return respondOK(fmt.Sprintf(`{"active":%v}`, c.form.Get("token") == pair[0]))(r, c)
			})
			c := newClient(t, s)
			for range 2 {
				assertActive(t, c, pair[0])
				assertInactive(t, c, pair[1])
			}
			s.assertRequests(t, 2)
		})
	}
}

// heap returns the size of the live heap in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fixed is a transport that answers with the result of the function for the
// token. It does not store requests.
type fixed func(token string) string

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return respond(r, http.StatusOK, "application/json", strings.NewReader(f(r.PostForm.Get("token")))), nil
}

// flood is the number of tokens in the flood test. With a million tokens, go
// test ./introspect -run Flood -tokens 1000000 takes most of a minute.
var flood = flag.Int("tokens", 30_000, "number of random tokens in the flood; more than 10 000 causes evictions")

func TestThreatsFloodOfRandomTokens(t *testing.T) {
	n := *flood
	good := make(map[string]bool)
	for range 1000 {
		good[rand.Text()] = true
	}
	filler := strings.Repeat("a", 12<<10) // so large that the active answers fill most of their cache
	calls := 0
	c := newClient(t, nil, withMaxTTL(time.Hour), func(c *introspect.Config) {
		c.Client = &http.Client{Transport: fixed(func(token string) string {
			calls++
			if !good[token] {
				return `{"active":false}`
			}
			return `{"active":true,"x":"` + filler + `"}`
		})}
	})
	for token := range good {
		assertActive(t, c, token)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	for i := range n {
		if r, err := c.Introspect(t.Context(), fmt.Sprint("random", i)); err != nil || r.Active {
			t.Fatalf("got %v and error %v, want an inactive token", r, err)
		}
	}
	grown := heap() - before
	t.Run("I13/the heap grows by 2 MB at most", func(t *testing.T) {
		if grown > 2<<20 {
			t.Errorf("after %d tokens, the heap has grown by %d bytes, want 2 MB at most", n, grown)
		}
	})
	t.Run("I13/no active answer is evicted", func(t *testing.T) {
		calls = 0
		for token := range good {
			assertActive(t, c, token)
		}
		if calls != 0 {
			t.Errorf("%d of %d good tokens were queried again", calls, len(good))
		}
	})
	t.Run("I13/no goroutine is left", func(t *testing.T) {
		if got := runtime.NumGoroutine(); got > goroutines+100 { // a few goroutines may be about to exit
			t.Errorf("got %d goroutines, want about %d", got, goroutines)
		}
	})
	t.Logf("%d random tokens: heap grew by %d KiB, none of %d good answers was lost", n, grown>>10, len(good))
}

func TestActiveAnswersAreBoundedByTheirSize(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		tokens int
	}{{"small", 200, 36_000}, {"large", 200 << 10, 200}} {
		t.Run(tt.name, func(t *testing.T) {
			filler := strings.Repeat("a", tt.size)
			c := newClient(t, nil, withMaxTTL(time.Hour), func(c *introspect.Config) {
				c.Client = &http.Client{Transport: fixed(func(string) string { return `{"active":true,"x":"` + filler + `"}` })}
			})
			before := heap()
			for i := range tt.tokens {
				assertActive(t, c, fmt.Sprint(token, i))
			}
			grown := heap() - before
			if most := int64(20 << 20); grown > most {
				t.Errorf("%d answers of %d bytes take %d bytes, want about 16 MiB", tt.tokens, tt.size, grown)
			}
			t.Logf("%d answers of %d bytes take %d KiB", tt.tokens, tt.size, grown>>10)
			runtime.KeepAlive(c)
		})
	}
}
