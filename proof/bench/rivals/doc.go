// Package rivals sends the tokens of apitest.Check to several APIs. One API is
// protected by Bearerguard. Each of the other APIs is protected by another
// library, which is set up as its README says. Package rivals writes the
// results to docs/rivals.md. The comparison in README.md is a summary of these
// results and of the times in docs/performance.md.
//
//	go test -count=1 ./rivals            # checks both documents
//	go test -count=1 ./rivals -update    # writes them
//
// Package rival contains the set-ups.
package rivals
