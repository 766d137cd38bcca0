// Package rivals sends the tokens of apitest.Check through APIs that
// other libraries protect, each set up as its README says, and through one that
// Bearerguard protects. The outcome is docs/rivals.md and, summed up beside the
// times of docs/performance.md, the comparison in README.md:
//
//	go test -count=1 ./rivals            # are they what comes out?
//	go test -count=1 ./rivals -update    # write them anew
//
// Package rival has the set-ups.
package rivals
