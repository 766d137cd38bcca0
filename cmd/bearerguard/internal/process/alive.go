// Package process is what the command has to do with other processes: it watches
// the one that started it, and ends as its own child did.
//
// It starts no process and knows no command line.
package process

import (
	"context"
	"time"
)

// pollInterval is how often a process is looked for.
const pollInterval = 200 * time.Millisecond

// UntilGone returns when alive reports false or ctx ends.
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
