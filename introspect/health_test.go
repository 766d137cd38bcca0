package introspect_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// known makes tokens active that are called token0, token1 and so on.
func known(t *testing.T, c *introspect.Client, n int) {
	t.Helper()
	for i := range n {
		isActive(t, c, fmt.Sprint(token, i))
	}
}

func TestThreatsCallsInFlight(t *testing.T) {
	t.Run("I20/beyond 256 calls nobody waits, and tokens that are unseen get half of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 1000)
			s.becomes(func(r *http.Request, seen call) (*http.Response, error) {
				for n := now.Add(1); ; {
					if before := most.Load(); n <= before || most.CompareAndSwap(before, n) {
						break
					}
				}
				defer now.Add(-1)
				return after(time.Second, says(`{"active":true}`))(r, seen)
			})
			var all sync.WaitGroup
			for i := range 128 {
				all.Go(func() { isActive(t, c, fmt.Sprint("unseen", i)) })
			}
			synctest.Wait()
			took(t, 0, func() {
				for i := range 1000 {
					isUnknown(t, c, fmt.Sprint("more", i), introspect.ErrUnavailable)
				}
			})
			for i := range 128 {
				all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
			}
			synctest.Wait()
			took(t, 0, func() {
				for i := 128; i < 1000; i++ {
					isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
			})
			all.Go(func() { isActive(t, c, token+"7") }) // it waits with the others of its token
			all.Wait()
			s.asked(t, 1000+256)
			isActive(t, c, "more1") // being busy is no failure: nobody is cut off now
			if most.Load() != 256 {
				t.Errorf("got %d calls in flight at most, want 256", most.Load())
			}
		})
	})
	t.Run("I20/tokens that were active may take all of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 256)
			s.becomes(after(time.Second, says(`{"active":true}`)))
			var all sync.WaitGroup
			for i := range 256 {
				all.Go(func() { isActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
		})
	})
}

// What a server does to a token that it does not know says nothing of the server:
// anybody can make one up. What it does to tokens that it knew does.
func TestWhatOpensTheBreaker(t *testing.T) {
	challenges := func(challenge string) answer {
		return func(r *http.Request, seen call) (*http.Response, error) {
			res, err := status(401, ``)(r, seen)
			res.Header.Set("WWW-Authenticate", challenge)
			return res, err
		}
	}
	invalidClient := status(401, `{"error":"invalid_client"}`)
	basic := challenges(`Basic realm="x"`)
	const never = 20 // of as many questions
	for name, tt := range map[string]struct {
		failure              answer
		cold, unseen, active int // calls for 20 tokens: unseen, by a server that never answered; unseen; that were active
	}{
		// The last five calls ask about tokens that were active.
		"502": {status(502, ``), never, 10, 5}, "503": {status(503, ``), never, 10, 5}, "429": {status(429, ``), never, 10, 5},
		"an answer that breaks off": {breaksOff, never, 10, 5}, "a page": {typed(200, "text/html", ``), never, 10, 5},
		"a redirect": {redirects(302, "https://evil.example/"), never, 10, 5}, "no answer": {hangs, never, 10, 5},
		// These lie in the client.
		"invalid_client": {invalidClient, 5, 10, 5}, "a Basic challenge": {basic, 5, 10, 5},
		// The token was not sent.
		"a refused connection": {refused, 5, 5, 5},
		// These may lie in any token.
		"401": {status(401, ``), never, never, never}, "403": {status(403, ``), never, never, never}, "400": {status(400, ``), never, never, never},
		"404": {status(404, ``), never, never, never}, "a Bearer challenge": {challenges("Bearer"), never, never, never},
		"500": {status(500, ``), never, never, never}, "an odd answer": {says(`{"active":1}`), never, never, never},
		"a large answer": {says(string(make([]byte, 1<<20))), never, never, never}, "300 KiB": {says(string(make([]byte, 300<<10))), never, never, never},
		"a panic": {func(*http.Request, call) (*http.Response, error) { panic(canary) }, never, never, never},
	} {
		for kind, calls := range map[string]int{"unseen, by a server that never answered": tt.cold, "unseen": tt.unseen, "that were active": tt.active} {
			t.Run(name+" for tokens "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(says(`{"active":true}`))
					c := newClient(t, s, always)
					what := "unseen"
					if kind == "that were active" {
						what = token
					}
					if kind != "unseen, by a server that never answered" {
						known(t, c, 20)
					}
					before := len(s.seen())
					s.becomes(tt.failure)
					for i := range 20 {
						isUnknown(t, c, fmt.Sprint(what, i), introspect.ErrUnavailable)
						if i == 4 && calls == 10 && name == "no answer" {
							time.Sleep(2 * time.Second) // so long take the last
						}
						synctest.Wait()
					}
					s.asked(t, before+calls)
				})
			})
		}
		if name == "a refused connection" {
			continue // no token brings that about
		}
		t.Run(name+" for unseen tokens alone", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, always)
				known(t, c, 20)
				s.becomes(func(r *http.Request, seen call) (*http.Response, error) {
					if strings.HasPrefix(seen.form.Get("token"), "odd") {
						return tt.failure(r, seen)
					}
					return says(`{"active":true}`)(r, seen)
				})
				for i := range 100 {
					isUnknown(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
					isActive(t, c, fmt.Sprint(token, i%20))
					isActive(t, c, fmt.Sprint("fresh", i))
				}
				for i := range 100 {
					isUnknown(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
				}
				isActive(t, c, "afterwards")
				isActive(t, c, token+"0")
				synctest.Wait()
			})
		})
	}
	t.Run("one token that was active does not, however often", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 1)
			s.becomes(status(503, ``))
			for range 20 {
				isUnknown(t, c, token+"0", introspect.ErrUnavailable)
			}
			s.asked(t, 21)
		})
	})
	t.Run("four failures in a row do not, however often", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 40)
			for round := range 10 {
				s.becomes(status(503, ``))
				for i := range 4 {
					isUnknown(t, c, fmt.Sprint(token, 4*round+i), introspect.ErrUnavailable)
				}
				s.becomes(says(`{"active":false}`))
				isInactive(t, c, "whatever")
			}
		})
	})
	t.Run("it stays open for two seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := newClient(t, s, always)
			known(t, c, 5)
			s.becomes(status(503, ``))
			for i := range 5 {
				isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			s.becomes(says(`{"active":true}`))
			time.Sleep(2*time.Second - 1)
			isUnknown(t, c, token, introspect.ErrUnavailable)
			time.Sleep(time.Nanosecond)
			isActive(t, c, token)
		})
	})
}

// While the server fails on invented tokens, a single failure of an active one
// counts as one failure and does not open the breaker.
func TestADoubtIsSettledByItsQuestionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(`{"active":true}`))
		c := newClient(t, s, always)
		known(t, c, 10) // the last one is asked about
		s.becomes(func(r *http.Request, seen call) (*http.Response, error) {
			if text := seen.form.Get("token"); strings.HasPrefix(text, "odd") || text == token+"0" {
				return status(502, ``)(r, seen)
			}
			return after(time.Second/2, says(`{"active":true}`))(r, seen)
		})
		for i := range 5 {
			isUnknown(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
		}
		isUnknown(t, c, token+"0", introspect.ErrUnavailable)
		isActive(t, c, "fresh")
		isActive(t, c, token+"1")
	})
}
