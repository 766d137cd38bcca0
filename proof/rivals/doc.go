// Package rivals sends the tokens of testserver.CheckAPI through APIs that
// other libraries protect, each set up as its README says, and through one that
// Bearerguard protects. The outcome is docs/rivals.md:
//
//	go test -count=1 ./...            # is docs/rivals.md what comes out?
//	go test -count=1 ./... -update    # write it anew
//
// Each library has a file with its set-up in it. This is a module of its own, so
// that nothing here reaches the users of Bearerguard.
package rivals
