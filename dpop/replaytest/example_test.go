package replaytest_test

import (
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
)

func ExampleRun() {
	_ = func(t *testing.T) { // func TestStore(t *testing.T)
		replaytest.Run(t, func(t *testing.T) dpop.Replay {
			return dpop.NewMemory(0) // or your own store
		})
	}
	// Output:
}
