package main

import (
	"context"
	"time"
)

// parentPoll is how often untilGone looks.
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
