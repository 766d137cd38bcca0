// Package process watches another process, usually the parent, locks files for
// as long as this process runs, and returns the exit code of a child process.
//
// This package does not start processes or parse command lines.
package process

import (
	"context"
	"time"
)

// pollInterval is the time between two checks of a process.
const pollInterval = 200 * time.Millisecond

// UntilGone waits until alive returns false or ctx ends.
func UntilGone(ctx context.Context, alive func() bool) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for alive() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
