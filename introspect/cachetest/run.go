package cachetest

import (
	"testing"

	"github.com/bearerguard/bearerguard/internal/suite"
	"github.com/bearerguard/bearerguard/introspect"
)

// Run tests a store in subtests of t. It calls open once for each of them, with
// the subtest's t. The calls may return the same store. Subtests that wait run
// in parallel, and all have ended when Run returns.
func Run(t *testing.T, open func(t *testing.T) introspect.Cache) {
	t.Helper()
	suite.Run(t, checks, open)
}
