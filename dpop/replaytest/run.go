package replaytest

import (
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/suite"
)

// Run tests a store in subtests of t. It calls open once for each of them, with
// the subtest's t. The calls may return the same store. Subtests that wait run
// in parallel, and all have ended when Run returns.
func Run(t *testing.T, open func(t *testing.T) dpop.Replay) {
	t.Helper()
	suite.Run(t, checks, open)
}
