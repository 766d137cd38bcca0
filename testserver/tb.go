package testserver

import "context"

// TB is the part of [testing.TB] that this package uses. Because TB is an
// interface, importing this package does not link package testing into a
// binary. For the same reason, ginkgo's GinkgoTB and rapid's T can be used too.
type TB interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}
