// Package rivals sends the tokens of apitest.Check to APIs that other libraries
// protect, each set up as its README says, and to one that Bearerguard
// protects. It writes the results to docs/rivals.md. The comparison in
// README.md is a summary of these results and of the times in
// docs/performance.md.
//
//	go test -count=1 ./rivals            # checks both documents
//	go test -count=1 ./rivals -update    # writes them
//
// Package rival contains the set-ups.
package rivals
