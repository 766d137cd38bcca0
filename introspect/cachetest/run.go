package cachetest

import (
	"testing"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/introspect"
)

// Run tests a store in subtests of t. For each subtest, it calls open with the
// subtest's t. open may return the same store every time. Subtests that wait
// run in parallel. Run returns after all subtests have ended.
func Run(t *testing.T, open func(t *testing.T) introspect.Cache) {
	t.Helper()
	suite.Run(t, checks, open)
}
