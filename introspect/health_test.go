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

// activate queries n active tokens: token+"0", token+"1" and so on.
func activate(t *testing.T, c *introspect.Client, n int) {
	t.Helper()
	for i := range n {
		assertActive(t, c, fmt.Sprint(token, i))
	}
}

func TestThreatsCallsInFlight(t *testing.T) {
	t.Run("I20/calls beyond 256 fail at once, and unseen tokens get half of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 1000)
			s.setAnswer(func(r *http.Request, seen call) (*http.Response, error) {
				for n := now.Add(1); ; {
					if before := most.Load(); n <= before || most.CompareAndSwap(before, n) {
						break
					}
				}
				defer now.Add(-1)
				return delayed(time.Second, respondOK(`{"active":true}`))(r, seen)
			})
			var all sync.WaitGroup
			for i := range 128 {
				all.Go(func() { assertActive(t, c, fmt.Sprint("unseen", i)) })
			}
			synctest.Wait()
			assertDuration(t, 0, func() {
				for i := range 1000 {
					assertUnavailable(t, c, fmt.Sprint("more", i), introspect.ErrUnavailable)
				}
			})
			for i := range 128 {
				all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
			}
			synctest.Wait()
			assertDuration(t, 0, func() {
				for i := 128; i < 1000; i++ {
					assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
			})
			all.Go(func() { assertActive(t, c, token+"7") }) // shares the call that is in flight for the same token
			all.Wait()
			s.assertRequests(t, 1000+256)
			assertActive(t, c, "more1") // calls beyond the limit do not count as failures of the server
			if most.Load() != 256 {
				t.Errorf("got %d calls in flight at most, want 256", most.Load())
			}
		})
	})
	t.Run("I20/tokens that were active may use all of them", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 256)
			s.setAnswer(delayed(time.Second, respondOK(`{"active":true}`)))
			var all sync.WaitGroup
			for i := range 256 {
				all.Go(func() { assertActive(t, c, fmt.Sprint(token, i)) })
			}
			all.Wait()
		})
	})
}

// A failure is usually evidence against the server only if its token was active
// before: an attacker can make up others. If the token may be the cause, it is
// not evidence.
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
	const never = 20 // the breaker does not open: all 20 calls are made
	for name, tt := range map[string]struct {
		failure              answer
		cold, unseen, active int // calls that are made for 20 tokens: unseen tokens before the server's first answer, unseen tokens after it, and tokens that were active
	}{
		// For unseen tokens, ten calls are made. The last five come from
		// checkServer, which queries tokens that were active.
		"502": {status(502, ``), never, 10, 5}, "503": {status(503, ``), never, 10, 5}, "429": {status(429, ``), never, 10, 5},
		"a truncated answer": {truncated, never, 10, 5}, "an HTML page": {respondAs(200, "text/html", ``), never, 10, 5},
		"a redirect": {redirect(302, "https://evil.example/"), never, 10, 5}, "no answer": {hang, never, 10, 5},
		// The server refuses the client's credentials, not the token.
		"invalid_client": {invalidClient, 5, 10, 5}, "a Basic challenge": {basic, 5, 10, 5},
		// In this case, the token was not sent.
		"a refused connection": {connectionRefused, 5, 5, 5},
		// These failures may be caused by the token.
		"401": {status(401, ``), never, never, never}, "403": {status(403, ``), never, never, never}, "400": {status(400, ``), never, never, never},
		"404": {status(404, ``), never, never, never}, "a Bearer challenge": {challenges("Bearer"), never, never, never},
		"500": {status(500, ``), never, never, never}, "an odd answer": {respondOK(`{"active":1}`), never, never, never},
		"a large answer": {respondOK(string(make([]byte, 1<<20))), never, never, never}, "300 KiB": {respondOK(string(make([]byte, 300<<10))), never, never, never},
		"a panic": {func(*http.Request, call) (*http.Response, error) { panic(canary) }, never, never, never},
	} {
		for kind, calls := range map[string]int{"unseen, by a server that never answered": tt.cold, "unseen": tt.unseen, "that were active": tt.active} {
			t.Run(name+" for tokens "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newSite(respondOK(`{"active":true}`))
					c := newClient(t, s, noCache)
					what := "unseen"
					if kind == "that were active" {
						what = token
					}
					if kind != "unseen, by a server that never answered" {
						activate(t, c, 20)
					}
					before := len(s.received())
					s.setAnswer(tt.failure)
					for i := range 20 {
						assertUnavailable(t, c, fmt.Sprint(what, i), introspect.ErrUnavailable)
						if i == 4 && calls == 10 && name == "no answer" {
							time.Sleep(2 * time.Second) // lets checkServer's calls time out
						}
						synctest.Wait()
					}
					s.assertRequests(t, before+calls)
				})
			})
		}
		if name == "a refused connection" {
			continue // a token cannot cause this failure
		}
		t.Run(name+" for unseen tokens only", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, noCache)
				activate(t, c, 20)
				s.setAnswer(func(r *http.Request, seen call) (*http.Response, error) {
					if strings.HasPrefix(seen.form.Get("token"), "odd") {
						return tt.failure(r, seen)
					}
					return respondOK(`{"active":true}`)(r, seen)
				})
				for i := range 100 {
					assertUnavailable(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
					assertActive(t, c, fmt.Sprint(token, i%20))
					assertActive(t, c, fmt.Sprint("fresh", i))
				}
				for i := range 100 {
					assertUnavailable(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
				}
				assertActive(t, c, "afterwards")
				assertActive(t, c, token+"0")
				synctest.Wait()
			})
		})
	}
	t.Run("one token that was active does not, however often", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 1)
			s.setAnswer(status(503, ``))
			for range 20 {
				assertUnavailable(t, c, token+"0", introspect.ErrUnavailable)
			}
			s.assertRequests(t, 21)
		})
	})
	t.Run("four failures in a row do not, however often", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 40)
			for round := range 10 {
				s.setAnswer(status(503, ``))
				for i := range 4 {
					assertUnavailable(t, c, fmt.Sprint(token, 4*round+i), introspect.ErrUnavailable)
				}
				s.setAnswer(respondOK(`{"active":false}`))
				assertInactive(t, c, "whatever")
			}
		})
	})
	t.Run("it stays open for two seconds", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := newClient(t, s, noCache)
			activate(t, c, 5)
			s.setAnswer(status(503, ``))
			for i := range 5 {
				assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
			}
			s.setAnswer(respondOK(`{"active":true}`))
			time.Sleep(2*time.Second - 1)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			time.Sleep(time.Nanosecond)
			assertActive(t, c, token)
		})
	})
}

// While the server fails for made-up tokens, one active token also fails. This
// failure counts only once and does not open the breaker.
func TestOneFailureDuringACheckDoesNotOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(`{"active":true}`))
		c := newClient(t, s, noCache)
		activate(t, c, 10) // checkServer queries the last five of these tokens
		s.setAnswer(func(r *http.Request, seen call) (*http.Response, error) {
			if text := seen.form.Get("token"); strings.HasPrefix(text, "odd") || text == token+"0" {
				return status(502, ``)(r, seen)
			}
			return delayed(time.Second/2, respondOK(`{"active":true}`))(r, seen)
		})
		for i := range 5 {
			assertUnavailable(t, c, fmt.Sprint("odd", i), introspect.ErrUnavailable)
		}
		assertUnavailable(t, c, token+"0", introspect.ErrUnavailable)
		assertActive(t, c, "fresh")
		assertActive(t, c, token+"1")
	})
}
