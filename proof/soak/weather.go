package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// weather brings one fault after the other, with calm between them.
type weather struct {
	as     *testserver.Server
	ring   *ring
	config config
	faults []fault

	mu            sync.Mutex
	outages       []outage
	name          string // of the last fault
	atWork        bool
	injected, met int
}

func newWeather(as *testserver.Server, r *ring, c config) *weather {
	return &weather{as: as, ring: r, config: c, faults: faults(as, c.minInterval)}
}

// run goes through the faults, again and again, until ctx ends.
func (w *weather) run(ctx context.Context) {
	const look = 5 * time.Millisecond
	for i := 0; ctx.Err() == nil; i++ {
		f := w.faults[i%len(w.faults)]
		var remove func()
		for !w.ring.ifSettled(func() { remove = w.begin(f) }) {
			if !wait(ctx, look) {
				return
			}
		}
		wait(ctx, w.config.faultFor)
		remove()
		wait(ctx, w.aftermath(f)+w.config.calmFor)
	}
}

// aftermath is how long the verifier may be without the set after the end of a
// fault: its next attempt is delayed by one minimum interval at most, and gets
// another one to succeed.
func (w *weather) aftermath(f fault) time.Duration { return f.lasts + 2*w.config.minInterval }

// begin injects a fault and returns what removes it.
func (w *weather) begin(f fault) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.name, w.atWork = string(f.at)+": "+f.name, true
	w.injected++

	removeFirst := func() {}
	if f.at != testserver.EndpointJWKS || !f.survivable {
		w.outages = append(w.outages, outage{began: time.Now(), aftermath: w.aftermath(f)})
	}
	if f.at != testserver.EndpointJWKS { // the metadata are asked for after the set has failed
		notFound := testserver.Handler(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				http.NotFound(rw, r)
				if f.survivable {
					w.endOutage()
				}
			})
		})
		removeFirst = w.as.Inject(testserver.EndpointJWKS, notFound, testserver.Times(1)).Remove
	}
	injection := w.as.Inject(f.at, f.what)
	return func() {
		removeFirst()
		injection.Remove()
		w.endOutage()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.atWork = false
		if injection.Hits() > 0 {
			w.met++
		}
	}
}

// endOutage notes that the key set can be had again.
func (w *weather) endOutage() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.outages); n > 0 && w.outages[n-1].ended.IsZero() {
		w.outages[n-1].ended = time.Now()
	}
}

// now tells which fault is at work, or else after which one it is calm.
func (w *weather) now() (name string, atWork bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.atWork:
		return "during " + w.name, true
	case w.name != "":
		return "after " + w.name, false
	}
	return "before all faults", false
}

// lately returns the last two outages: a request that was sent before the one
// but last has been answered.
func (w *weather) lately() []outage {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]outage(nil), w.outages[max(0, len(w.outages)-2):]...)
}
