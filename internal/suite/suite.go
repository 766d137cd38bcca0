// Package suite runs the checks of replaytest, cachetest and feedtest. With
// these packages, users test their own stores and feeds.
package suite

import (
	"context"
	"testing"
	"time"
)

// Check tests one property of an implementation of T.
type Check[T any] struct {
	Name  string
	Waits bool // whether the check waits until something expires
	Why   string
	Fault func(ctx context.Context, subject T) error // nil if the subject has the property
}

// Run runs each check in a subtest of t. Each subtest calls open to get the
// value to check. Checks that wait run in parallel. Run returns after all
// checks have ended.
func Run[T any](t *testing.T, checks []Check[T], open func(t *testing.T) T) {
	t.Helper()
	test := func(t *testing.T, c Check[T]) {
		t.Helper()
		if err := c.Fault(t.Context(), open(t)); err != nil {
			t.Errorf("%v.\n%s", err, c.Why)
		}
	}
	for _, c := range checks {
		if !c.Waits {
			t.Run(c.Name, func(t *testing.T) { test(t, c) })
		}
	}
	t.Run("time", func(t *testing.T) { // t.Run returns after all parallel subtests
		for _, c := range checks {
			if c.Waits {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					test(t, c)
				})
			}
		}
	})
}

// Wait waits until the given time. It returns an error if ctx ends first.
func Wait(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
