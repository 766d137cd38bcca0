package replaytest

import (
	"context"
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
)

// Run tests a store in subtests of t. It calls open once for each of them, with
// the subtest's t. The calls may return the same store. Subtests that wait run
// in parallel, and all have ended when Run returns.
func Run(t *testing.T, open func(t *testing.T) dpop.Replay) {
	t.Helper()
	for _, c := range checks {
		if !c.waits {
			t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
		}
	}
	t.Run("time", func(t *testing.T) { // ends when its parallel subtests have ended
		for _, c := range checks {
			if c.waits {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.test(t, open(t))
				})
			}
		}
	})
}

// check is one property of a store.
type check struct {
	name  string
	waits bool // whether the check waits until marks end
	why   string
	fault func(ctx context.Context, store dpop.Replay) error // nil if the store has the property
}

func (c check) test(t *testing.T, store dpop.Replay) {
	t.Helper()
	if err := c.fault(t.Context(), store); err != nil {
		t.Errorf("%v.\n%s", err, c.why)
	}
}
