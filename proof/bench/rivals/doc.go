// Package rivals sends the tokens of apitest.Check to several APIs. One API is
// protected by Bearerguard. Each of the other APIs is protected by another
// library or by several together. Package rivals writes the results to
// docs/rivals.md, which names the part of the documentation that each set-up
// follows. The comparison in README.md is a summary of these results and of the
// times in docs/performance.md.
//
//	go test -count=1 ./rivals            # checks both documents
//	go test -count=1 ./rivals -update    # writes them
//
// Package rival contains the set-ups.
package rivals
