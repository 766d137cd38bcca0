// Package rivals sends the tokens of apitest.Check through APIs that
// other libraries protect, each set up as its README says, and through one that
// Bearerguard protects. The outcome is docs/rivals.md:
//
//	go test -count=1 ./rivals            # is docs/rivals.md what comes out?
//	go test -count=1 ./rivals -update    # write it anew
//
// Package rival has the set-ups.
package rivals
