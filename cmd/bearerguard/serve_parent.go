package main

import (
	"context"
	"time"
)

// How often somebody looks whether a process still is there.
const parentPoll = 200 * time.Millisecond

// untilGone returns when alive says no or ctx ends.
func untilGone(ctx context.Context, alive func() bool) {
	tick := time.NewTicker(parentPoll)
	defer tick.Stop()
	for alive() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
