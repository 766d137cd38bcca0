package middleware_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
)

func TestQuotaOfAKey(t *testing.T) {
	const period = 10 * time.Second
	q := middleware.NewQuota(period)
	for i := range middleware.MaxProofs {
		if !q.Take("a", now) {
			t.Fatalf("proof %d was refused, want %d", i+1, middleware.MaxProofs)
		}
	}
	for range 3 {
		if q.Take("a", now.Add(period-1)) {
			t.Error("a proof above the limit was accepted")
		}
	}
	refused := 0
	for i := range 100_000 { // some share one counter with "a", and 1 in 67 million shares both
		if !q.Take(fmt.Sprint("other ", i), now) {
			refused++
		}
	}
	if refused > 1 {
		t.Errorf("%d of 100 000 other keys were refused", refused)
	}
	if !q.Take("a", now.Add(period)) {
		t.Error("a proof was refused in the next period")
	}
}

// Concurrent proofs may exceed the limit by one for each caller, because a key
// has two counters.
func TestQuotaOfConcurrentProofs(t *testing.T) {
	q, accepted := middleware.NewQuota(time.Hour), new(atomic.Int64)
	var group sync.WaitGroup
	const callers = 8
	for range callers {
		group.Go(func() {
			for range middleware.MaxProofs / 4 {
				if q.Take("a", now) {
					accepted.Add(1)
				}
			}
		})
	}
	group.Wait()
	if got := accepted.Load(); got < middleware.MaxProofs || got >= middleware.MaxProofs+callers {
		t.Errorf("got %d accepted proofs, want %d and less than one for each caller more", got, middleware.MaxProofs)
	}
}

// A client that sends too many proofs gets 503, and others are not affected.
func TestAClientOverItsQuota(t *testing.T) {
	c := newClient(t)
	q, period := middleware.QuotaOf(c.v)
	if period != 135*time.Second {
		t.Errorf("got a period of %v, want the 90 s and 45 s of the accepted times", period)
	}
	wants(t, c.send(t, c.proof()), nil) // starts the period
	for range middleware.MaxProofs {
		q.Take(thumbprintOf(c.key), time.Now())
	}
	proof := c.proof()
	wants(t, c.send(t, proof), middleware.ErrUnavailable)
	other := &client{setup: c.setup, count: 1000}
	other.use(c.with("ES256").Key)
	wants(t, other.send(t, other.proof()), nil)
	q.Take("x", time.Now().Add(period)) // begins the next period
	wants(t, c.send(t, proof), nil)     // the refusal did not use up the proof
}
