package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The faults.
const (
	killed            = "process killed"
	paused            = "Redis paused"
	emptied           = "Redis killed, restarted empty"
	cutOff            = "partition"
	rotated           = "key rotation"
	storm             = "revocation storm"
	introspectionDown = "introspection down"
	signAfter         = 6 * time.Second // how long after its publication a key first signs; longer than jwks.Options.MinInterval
)

// fault is a planned or an injected fault. Its times count from the start of
// the run. Before the fault is injected, they are the planned times.
// Afterwards, they are the actual times.
type fault struct {
	name         string
	began, ended time.Duration
	servers      []int // affected processes; nil means all
}

// plan contains the faults, with their times as fractions of the duration of
// the run. Two facts limit the order of the faults:
//
//   - For 80 seconds after Redis is emptied, proofs are refused.
//   - While the processes publish their revocations again, a process that
//     starts may lack some of these revocations.
var plan = []struct {
	name      string
	at, lasts float64
	servers   func(order []int) []int
}{
	{rotated, 0.02, 0, nil},
	{killed, 0.04, 0.02, func(order []int) []int { return order[3:4] }},
	{paused, 0.08, 0.02, nil},
	{cutOff, 0.12, 0.03, func(order []int) []int { return order[:linked] }},
	{storm, 0.16, 0, nil},
	{emptied, 0.27, 0.02, nil},
	{killed, 0.40, 0.03, func(order []int) []int { return order[4:5] }},
	{introspectionDown, 0.46, 0.06, nil},
	{cutOff, 0.55, 0.15, func(order []int) []int { return order[:linked] }},
	{rotated, 0.60, 0, nil},
	{killed, 0.75, 0.03, func(order []int) []int { return []int{order[0], order[5]} }},
	{paused, 0.84, 0.02, nil},
}

// long is the minimum duration of a run in which Redis is emptied early. Such a
// run includes the time at which proofs are accepted again.
const long = 2 * time.Minute

// schedule returns the faults of a run. order is a random order of the
// processes.
func schedule(random *rand.Rand, order []int, duration time.Duration) (faults []fault) {
	of := func(fraction float64) time.Duration { return time.Duration(fraction * float64(duration)) }
	for _, p := range plan {
		at := p.at
		if p.name == emptied && duration < long {
			at = 0.9
		}
		f := fault{name: p.name, began: of(at + 0.01*random.Float64())}
		f.ended = f.began + of(p.lasts)
		if p.servers != nil {
			f.servers = slices.Clone(p.servers(order))
		}
		if f.name == rotated {
			f.ended = f.began + signAfter
		}
		faults = append(faults, f)
	}
	return faults
}
