package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// injector injects faults one after another, with fault-free intervals between
// them.
type injector struct {
	as     *testserver.Server
	ring   *ring
	config config
	faults []fault

	mu            sync.Mutex
	outages       []outage
	name          string // name of the latest fault
	active        bool
	injected, met int
}

func newInjector(as *testserver.Server, r *ring, c config) *injector {
	return &injector{as: as, ring: r, config: c, faults: faults(as, c.minInterval)}
}

// run repeats the list of faults until ctx ends.
func (w *injector) run(ctx context.Context) {
	const pollInterval = 5 * time.Millisecond
	for i := 0; ctx.Err() == nil; i++ {
		f := w.faults[i%len(w.faults)]
		var remove func()
		for !w.ring.ifSettled(func() { remove = w.begin(f) }) {
			if !wait(ctx, pollInterval) {
				return
			}
		}
		wait(ctx, w.config.faultFor)
		remove()
		wait(ctx, w.grace(f)+w.config.faultFreeFor)
	}
}

// grace returns how long after the end of a fault the verifier may still lack
// the key set: one minimum interval until its next attempt to fetch the key
// set, and one for that attempt. After some faults the next attempt begins
// later, by extraGrace.
func (w *injector) grace(f fault) time.Duration { return f.extraGrace + 2*w.config.minInterval }

// begin injects a fault and returns the function that removes it.
func (w *injector) begin(f fault) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.name, w.active = string(f.at)+": "+f.name, true
	w.injected++

	removeFirst := func() {}
	if f.at != testserver.EndpointJWKS || !f.survivable {
		w.outages = append(w.outages, outage{began: time.Now(), grace: w.grace(f)})
	}
	if f.at != testserver.EndpointJWKS { // a failed fetch of the key set makes the verifier fetch the metadata again
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
		w.active = false
		if injection.Hits() > 0 {
			w.met++
		}
	}
}

// endOutage records that the key set is available again.
func (w *injector) endOutage() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.outages); n > 0 && w.outages[n-1].ended.IsZero() {
		w.outages[n-1].ended = time.Now()
	}
}

// now reports whether a fault is active. The result name says when now was
// called: "during" the active fault, "after" the most recent fault, or "before
// all faults".
func (w *injector) now() (name string, active bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.active:
		return "during " + w.name, true
	case w.name != "":
		return "after " + w.name, false
	}
	return "before all faults", false
}

// recentOutages returns the last two outages. The requests sent during older
// outages have already been answered.
func (w *injector) recentOutages() []outage {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]outage(nil), w.outages[max(0, len(w.outages)-2):]...)
}
