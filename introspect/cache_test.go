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

func believes(ttl time.Duration) func(*introspect.Config) {
	return func(c *introspect.Config) { c.MaxTTL = ttl }
}

// A token that is revoked passes for as long as its answer is kept, and not a
// moment longer.
func TestThreatsRevokedWhileKept(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ttl, end time.Duration
	}{
		{"30 seconds if nobody says otherwise", 0, 30 * time.Second},
		{"as long as was configured", 5 * time.Second, 5 * time.Second},
		{"an hour at most", time.Hour, time.Hour},
	} {
		t.Run("I10/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, believes(tt.ttl))
				isActive(t, c, token)
				s.becomes(says(`{"active":false}`))
				time.Sleep(tt.end - 1)
				isActive(t, c, token) // a hit prolongs nothing
				s.asked(t, 1)
				time.Sleep(time.Nanosecond)
				isInactive(t, c, token)
				s.asked(t, 2)
			})
		})
	}
	t.Run("I10/not at all if nothing is kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			isActive(t, c, token)
			s.becomes(says(`{"active":false}`))
			isInactive(t, c, token)
			s.becomes(says(`{"active":true}`))
			isActive(t, c, token)
			s.asked(t, 3)
		})
	})
	t.Run("I10/the time that the answer took counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(1500*time.Millisecond, says(`{"active":true}`)))
			c := newClient(t, s, believes(5*time.Second))
			asked := time.Now()
			isActive(t, c, token)
			s.becomes(says(`{"active":false}`)) // since the moment the question was read
			time.Sleep(time.Until(asked.Add(5 * time.Second)))
			isInactive(t, c, token)
		})
	})
	t.Run("I10/an answer that took as long as it would be kept is not kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(after(time.Second, says(`{"active":true}`)))
			c := newClient(t, s, believes(time.Second))
			isActive(t, c, token)
			isActive(t, c, token)
			s.asked(t, 2)
		})
	})
}

func TestInactiveAnswersAreKeptForFiveSeconds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ttl, end time.Duration
	}{{"five seconds", 0, 5 * time.Second}, {"five seconds of an hour", time.Hour, 5 * time.Second}, {"less if answers are kept for less", time.Second, time.Second}} {
		t.Run("I13/"+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(`{"active":false}`))
				c := newClient(t, s, believes(tt.ttl))
				isInactive(t, c, token)
				s.becomes(says(`{"active":true}`)) // perhaps it was issued a moment ago
				time.Sleep(tt.end - 1)
				isInactive(t, c, token)
				s.asked(t, 1)
				time.Sleep(time.Nanosecond)
				isActive(t, c, token)
			})
		})
	}
}

func TestWhoIsGivenAnAnswerCannotChangeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const body = `{"active":true,"sub":"alice"}`
		c := newClient(t, newSite(after(time.Second, says(body))))
		var all sync.WaitGroup
		for range 10 { // those of one flight, then those of the cache
			all.Go(func() {
				for range 3 {
					r, err := c.Introspect(t.Context(), token)
					if err != nil || string(r.Claims) != body || !r.Active {
						t.Errorf("got %s, %v", r.Claims, err)
						return
					}
					r.Active = false
					copy(r.Claims, `{"active":true,"sub":"mallory"`)
				}
			})
		}
		all.Wait()
		if got := isActive(t, c, token); got != body {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nor one that is inactive", func(t *testing.T) {
		c := newClient(t, newSite(says(`{"active":false}`)))
		for range 3 {
			r, err := c.Introspect(t.Context(), token)
			if err != nil || r.Active {
				t.Fatalf("got %v, %v", r, err)
			}
			r.Active, r.Claims = true, []byte(`{"active":true}`)
		}
	})
}

// Two texts that a careless key takes for one.
func TestThreatsCacheKeys(t *testing.T) {
	long := strings.Repeat("a", 4000)
	for name, pair := range map[string][2]string{
		"a prefix": {token, token + "x"}, "case": {"abc", "ABC"}, "a sign at the end": {"abc", "abc="}, "long tokens that differ at the end": {long + "x", long + "y"},
		"long tokens that differ in length": {long, long + "a"}, "tokens that differ at the beginning": {"x" + long, "y" + long}, "nothing": {"", "a"},
		"a space": {"abc", "abc "}, "a NUL": {"abc", "abc\x00"},
	} {
		t.Run("I12/"+name, func(t *testing.T) {
			s := newSite(func(r *http.Request, c call) (*http.Response, error) {
				return says(fmt.Sprintf(`{"active":%v}`, c.form.Get("token") == pair[0]))(r, c)
			})
			c := newClient(t, s)
			for range 2 {
				isActive(t, c, pair[0])
				isInactive(t, c, pair[1])
			}
			s.asked(t, 2)
		})
	}
}

// heap is what is alive.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fixed answers without keeping anything of the request.
type fixed func(token string) string

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return respond(r, http.StatusOK, "application/json", strings.NewReader(f(r.PostForm.Get("token")))), nil
}

// A million take most of a minute: go test ./introspect -run Flood -tokens 1000000.
var flood = flag.Int("tokens", 30_000, "how many random tokens the flood has; over 10 000, so that old ones must go")

func TestThreatsFloodOfRandomTokens(t *testing.T) {
	n := *flood
	good := make(map[string]bool)
	for range 1000 {
		good[rand.Text()] = true
	}
	filler := strings.Repeat("a", 12<<10) // good answers fill most of the place that they have
	calls := 0
	c := newClient(t, nil, believes(time.Hour), func(c *introspect.Config) {
		c.Client = &http.Client{Transport: fixed(func(token string) string {
			calls++
			if !good[token] {
				return `{"active":false}`
			}
			return `{"active":true,"x":"` + filler + `"}`
		})}
	})
	for token := range good {
		isActive(t, c, token)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	for i := range n {
		if r, err := c.Introspect(t.Context(), fmt.Sprint("random", i)); err != nil || r.Active {
			t.Fatalf("got %v, %v", r, err)
		}
	}
	grown := heap() - before
	t.Run("I13/the heap grows by 2 MB at most", func(t *testing.T) {
		if grown > 2<<20 {
			t.Errorf("%d tokens grew the heap by %d bytes", n, grown)
		}
	})
	t.Run("I13/no good answer is pushed out", func(t *testing.T) {
		calls = 0
		for token := range good {
			isActive(t, c, token)
		}
		if calls != 0 {
			t.Errorf("%d of %d good tokens were asked about again", calls, len(good))
		}
	})
	t.Run("I13/no goroutine is left", func(t *testing.T) {
		if got := runtime.NumGoroutine(); got > goroutines+100 { // a few may be about to end
			t.Errorf("got %d goroutines, want about %d", got, goroutines)
		}
	})
	t.Logf("%d random tokens: heap grew by %d KiB, of %d good answers none was lost", n, grown>>10, len(good))
}

func TestActiveAnswersAreBoundedByTheirSize(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		tokens int
	}{{"small", 200, 36_000}, {"large", 200 << 10, 200}} {
		t.Run(tt.name, func(t *testing.T) {
			filler := strings.Repeat("a", tt.size)
			c := newClient(t, nil, believes(time.Hour), func(c *introspect.Config) {
				c.Client = &http.Client{Transport: fixed(func(string) string { return `{"active":true,"x":"` + filler + `"}` })}
			})
			before := heap()
			for i := range tt.tokens {
				isActive(t, c, fmt.Sprint(token, i))
			}
			grown := heap() - before
			if most := int64(20 << 20); grown > most {
				t.Errorf("%d answers of %d bytes hold %d bytes, want about 16 MiB", tt.tokens, tt.size, grown)
			}
			t.Logf("%d answers of %d bytes hold %d KiB", tt.tokens, tt.size, grown>>10)
			runtime.KeepAlive(c)
		})
	}
}
