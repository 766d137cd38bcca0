package testserver

import "context"

// TB is the part of [testing.TB] that this package uses. It is an interface of
// our own so that importing the package never links package testing into a
// binary, and so that ginkgo's GinkgoTB and rapid's T fit too.
type TB interface {
	Helper()
	Cleanup(func())
	Context() context.Context
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}
