// Package rivals sends the tokens of apitest.Check to APIs that other libraries
// protect, each set up as its README says, and to one that Bearerguard
// protects. The results are written to docs/rivals.md. A summary, with the
// times of docs/performance.md, is the comparison in README.md:
//
//	go test -count=1 ./rivals            # checks both documents
//	go test -count=1 ./rivals -update    # writes them
//
// Package rival contains the set-ups.
package rivals
