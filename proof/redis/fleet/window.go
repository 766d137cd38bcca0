package main

import (
	"slices"
	"time"
)

const (
	// recovery is how long requests may fail after Redis can be reached again:
	// a second until the next command is tried, and a second for that command
	// and the requests that wait.
	recovery = 2 * time.Second

	// memory is how long proofs of a client with the right time are refused
	// after Redis has lost its memory: redisstore.Config.ProofWindow of 180
	// seconds, minus the two minutes for which a mark is needed.
	memory = time.Minute

	// backoff is the same for introspection: the client makes no calls for two
	// seconds, and then one, two, four at a time.
	backoff = 4 * time.Second

	// detection is how long the proxy may send requests to a killed process.
	detection = time.Second

	// republished is how long the machines may take to publish their
	// revocations again after Redis was emptied, in which new ones come late.
	republished = 10 * time.Second
)

// effect is what a window allows.
type effect int

const (
	unavailable effect = iota // 503
	lost                      // no answer of a process
	lagging                   // a revocation that is in force only within maxLag
)

// window is a time in which a policy or a fault explains answers that are
// otherwise wrong.
type window struct {
	effect   effect
	reason   string
	fault    int    // index of the fault
	kinds    []kind // nil means all
	servers  []int  // nil means all, and the proxy
	from, to time.Duration
	byClock  bool // it ends later for clients whose clocks are behind
}

// windows returns what faults explain.
func windows(faults []fault) (all []window) {
	for i, f := range faults {
		add := func(w window) {
			w.fault = i
			all = append(all, w)
		}
		withoutRedis := func(servers []int) {
			add(window{effect: unavailable, reason: "proofs without Redis", kinds: []kind{bound}, servers: servers, from: f.began, to: f.ended + recovery})
			add(window{effect: lagging, servers: servers, from: f.began, to: f.ended + recovery})
			if f.ended-f.began > maxLag-time.Second {
				add(window{effect: unavailable, reason: "revocations not read for MaxLag", servers: servers, from: f.began + maxLag - time.Second, to: f.ended + recovery})
			}
		}
		switch f.name {
		case killed:
			add(window{effect: lost, from: f.began, to: f.began + detection})
		case paused:
			withoutRedis(nil)
		case cutOff:
			withoutRedis(f.servers)
		case emptied:
			withoutRedis(nil)
			add(window{effect: unavailable, reason: "proofs after lost memory", kinds: []kind{bound}, from: f.ended, to: f.ended + memory + recovery, byClock: true})
			add(window{effect: lagging, from: f.ended, to: f.ended + republished})
		case mute:
			add(window{effect: unavailable, reason: "introspection down", kinds: []kind{opaque}, from: f.began, to: f.ended + backoff})
		default: // a rotation and a storm explain nothing
		}
	}
	return all
}

// covers reports whether a window applies to an event at some time between
// from and to.
func (w window) covers(e event, from, to time.Duration) bool {
	end := w.to
	if w.byClock {
		end -= e.shift
	}
	return from <= end && to >= w.from &&
		(w.kinds == nil || slices.Contains(w.kinds, e.kind)) &&
		(w.servers == nil || slices.Contains(w.servers, e.server))
}

// find returns the last window with an effect that covers an event.
func find(all []window, what effect, e event, from, to time.Duration) (window, bool) {
	for _, w := range slices.Backward(all) {
		if w.effect == what && w.covers(e, from, to) {
			return w, true
		}
	}
	return window{}, false
}
