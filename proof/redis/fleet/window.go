package main

import (
	"net/http"
	"slices"
	"time"
)

const (
	// recovery is how long requests may fail after Redis is reachable again. A
	// process tries its next command within a second. This command and the
	// waiting requests end within another second.
	recovery = 2 * time.Second

	// memory is how long new proofs are refused after Redis has lost its data:
	// redisstore.Config.ProofWindow (200 seconds) minus the two minutes for
	// which a replay entry is needed. A proof is refused because of its iat,
	// not because of the time at which it is sent.
	memory = 80 * time.Second

	// backoff is how long requests may fail after introspection works again.
	// The client waits for two seconds. It then allows one call at a time, and
	// twice as many after each inconclusive call, until it gets an answer.
	backoff = 4 * time.Second

	// detection is how long the proxy may send requests to a killed process.
	detection = time.Second

	// republished is how long the machines may take to publish their
	// revocations again after Redis was emptied. During this time, a machine
	// may read new revocations late. It may also be late in reading old
	// revocations that it had not read before.
	republished = 20 * time.Second

	// slowest is redisstore.Config.Timeout.
	slowest = 50 * time.Millisecond
)

// slow is the reason of the windows that slowWindows returns.
const (
	slow    = "proofs when Redis took longer than 50 ms"
	noFault = -1
)

// effect is what a window allows.
type effect int

const (
	unavailable effect = iota // 503
	lost                      // no answer from a process
	lagging                   // the API still answers 200 to a revoked token; allowed until the window ends and, unless lostFeed is set, until maxLag after the revocation
)

// window is a period in which a policy or a fault explains answers that would
// otherwise be wrong.
type window struct {
	effect   effect
	reason   string
	fault    int    // index of the fault, or noFault
	kinds    []kind // nil means all
	servers  []int  // nil means all processes and the proxy
	from, to time.Duration
	lostFeed bool // the feed has lost revocations, which the machines publish again until the window ends
	byDate   bool // the date of the proof, not the start of the request, must precede the window's end
}

// windows returns the windows of the faults. If several windows cover an
// answer, the last one is used. skew is the maximum clock error of a process
// that detects a loss of data.
func windows(faults []fault, skew time.Duration) (all []window) {
	var memories []window
	for i, f := range faults {
		add := func(w window) {
			w.fault = i
			all = append(all, w)
		}
		withoutRedis := func(servers []int, until time.Duration, lostFeed bool) {
			add(window{effect: unavailable, reason: "proofs without Redis", kinds: []kind{bound}, servers: servers, from: f.began, to: f.ended + recovery})
			add(window{effect: lagging, servers: servers, from: f.began, to: until, lostFeed: lostFeed})
			if from := f.began + maxLag - time.Second; from < until { // the feed may last have been read a second before the fault
				add(window{effect: unavailable, reason: "revocations not read for MaxLag", servers: servers, from: from, to: until})
			}
		}
		switch f.name {
		case killed:
			add(window{effect: lost, from: f.began, to: f.began + detection})
		case paused:
			withoutRedis(nil, f.ended+recovery, false)
		case cutOff:
			withoutRedis(f.servers, f.ended+recovery, false)
		case emptied:
			withoutRedis(nil, f.ended+republished, true)
			memories = append(memories, window{effect: unavailable, reason: "proofs after a loss of data", fault: i, kinds: []kind{bound}, from: f.ended, to: f.ended + memory + skew + recovery, byDate: true})
		case introspectionDown:
			add(window{effect: unavailable, reason: introspectionDown, kinds: []kind{opaque}, from: f.began, to: f.ended + backoff})
		default: // a rotation and a storm explain nothing
		}
	}
	return append(all, memories...)
}

// slowWindows returns windows for the times in which Redis was slow without an
// injected fault. If a request with a proof gets a 503, and takes at least as
// long as the timeout of a command, Redis was presumably slow. After the
// timeout, the process may pause its commands for a second.
func slowWindows(events []event, faults []window) (all []window) {
	for _, e := range events {
		if e.kind != bound || e.status != http.StatusServiceUnavailable || e.server == noServer || e.took < slowest {
			continue
		}
		if _, found := find(faults, unavailable, e, e.sent, e.sent+e.took); !found {
			all = append(all, window{effect: unavailable, reason: slow, fault: noFault, kinds: []kind{bound}, servers: []int{e.server}, from: e.sent, to: e.sent + e.took + time.Second})
		}
	}
	return all
}

// covers reports whether the window w covers an event. The parameters from and
// to are the start and the end of the event. If w.byDate is true, covers uses
// the date of the proof instead of the parameter from.
func (w window) covers(e event, from, to time.Duration) bool {
	ends := from
	if w.byDate {
		ends = e.dated
	}
	return ends <= w.to && to >= w.from &&
		(w.kinds == nil || slices.Contains(w.kinds, e.kind)) &&
		(w.servers == nil || slices.Contains(w.servers, e.server))
}

// find returns the window that covers an event and has the given effect. If
// there are several, it returns the one that comes last in the list.
func find(all []window, what effect, e event, from, to time.Duration) (window, bool) {
	for _, w := range slices.Backward(all) {
		if w.effect == what && w.covers(e, from, to) {
			return w, true
		}
	}
	return window{}, false
}
