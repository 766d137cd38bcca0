package replaytest

import (
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/suite"
)

// Run tests a store in subtests of t. In each subtest, Run calls open once,
// with the t of that subtest. The calls may return the same store. Subtests
// that wait for a time run in parallel. When Run returns, all subtests have
// ended.
func Run(t *testing.T, open func(t *testing.T) dpop.Replay) {
	t.Helper()
	suite.Run(t, checks, open)
}
