package introspect_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// No caller may get an answer about another token or an answer that is too old.
// This must hold for any order of requests, answers, cancellations and
// expiries. Each answer contains its token (sub) and the time of the query
// (said).
func TestThreatsAnswersAreNotMixedUp(t *testing.T) {
	for _, kept := range []struct {
		name   string
		change func(*introspect.Config)
	}{
		{"in memory", func(*introspect.Config) {}},
		{"in a shared store", func(c *introspect.Config) { c.Cache = newStore() }},
		{"not at all", noCache},
	} {
		for seed := range uint64(20) {
			t.Run(fmt.Sprintf("I15/answers are cached %s, order %d", kept.name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { interleave(t, seed, kept.change) })
			})
		}
	}
}

func interleave(t *testing.T, seed uint64, change func(*introspect.Config)) {
	t.Helper()
	const (
		tokens   = 12
		requests = 400
		ttl      = 3 * time.Second
	)
	random := rand.New(rand.NewPCG(seed, 15))
	var mu sync.Mutex
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	s := newSite(func(r *http.Request, c call) (*http.Response, error) {
		token, said := c.form.Get("token"), time.Now()
		late := time.Duration(roll(1500)) * time.Millisecond
		switch roll(10) {
		case 0:
			return delayed(late, connectionRefused)(r, c)
		case 1:
			return delayed(late, respondOK(`{"active":1}`))(r, c)
		case 2:
			panic(token)
		}
		active := strings.HasPrefix(token, "good")
		return delayed(late, respondOK(fmt.Sprintf(`{"active":%v,"sub":%q,"said":%d}`, active, token, said.UnixMilli())))(r, c)
	})
	c := newClient(t, s, withMaxTTL(ttl), change)
	var all sync.WaitGroup
	judged := 0
	for range requests {
		all.Go(func() {
			time.Sleep(time.Duration(roll(20000)) * time.Millisecond)
			token := fmt.Sprintf("%s%d", []string{"good", "bad"}[roll(2)], roll(tokens))
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(roll(3000))*time.Millisecond)
			defer cancel()
			r, err := c.Introspect(ctx, token)
			if err != nil {
				return
			}
			mu.Lock()
			judged++
			mu.Unlock()
			good := strings.HasPrefix(token, "good")
			if r.Active != good || good && !strings.Contains(string(r.Claims), fmt.Sprintf(`"sub":%q`, token)) {
				t.Errorf("%s: got active %v and claims %s, want the answer for this token", token, r.Active, r.Claims)
			}
			if !good {
				return
			}
			var said int64
			if _, err := fmt.Sscanf(string(r.Claims[strings.Index(string(r.Claims), `"said"`):]), `"said":%d`, &said); err != nil {
				t.Error(err)
			}
			// A call takes two seconds at most, and its answer is cached for
			// ttl.
			if age := time.Since(time.UnixMilli(said)); age > ttl+2*time.Second {
				t.Errorf("%s: got an answer that is %v old, want the TTL and 2 s at most", token, age)
			}
		})
	}
	all.Wait()
	time.Sleep(2 * time.Second) // lets the calls of canceled callers end
	if judged < requests/10 {
		t.Errorf("got %d answers, which are too few for this test", judged)
	}
}
