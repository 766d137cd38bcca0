package contain_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

func TestWithinDoesNotWaitAfterItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots, release, began := make(chan struct{}, 1), make(chan struct{}), time.Now()
		var calls atomic.Int32
		for range 3 { // the first call occupies the only slot
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := contain.Within(ctx, slots, func(context.Context) (int, error) {
				calls.Add(1)
				<-release
				return 1, nil
			})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
			}
		}
		if took := time.Since(began); took != 3*time.Second || calls.Load() != 1 {
			t.Errorf("got %d calls in %v, want 1 call in 3 s", calls.Load(), took)
		}
		close(release)
		synctest.Wait()
		if got, err := contain.Within(t.Context(), slots, func(context.Context) (int, error) { return 2, nil }); got != 2 || err != nil {
			t.Errorf("got %d, %v, want 2", got, err)
		}
	})
}

func TestWithinReturnsAnErrorForAPanic(t *testing.T) {
	slots := make(chan struct{}, 1)
	for range 2 {
		_, err := contain.Within(t.Context(), slots, func(context.Context) (int, error) { panic("CANARY") })
		if !errors.Is(err, contain.ErrPanic) {
			t.Errorf("got %v, want %v", err, contain.ErrPanic)
		}
	}
}
