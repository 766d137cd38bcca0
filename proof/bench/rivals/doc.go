// Package rivals sends the tokens of apitest.Check to APIs that other libraries
// protect, each set up as its README says, and to one that Bearerguard
// protects. The results are written to docs/rivals.md. A summary, with the
// times of docs/performance.md, is the comparison in README.md:
//
//	go test -count=1 ./rivals            # are they what comes out?
//	go test -count=1 ./rivals -update    # write them anew
//
// Package rival contains the set-ups.
package rivals
