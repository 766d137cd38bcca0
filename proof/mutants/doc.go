// Mutants takes the checks of this module away, one at a time, and demands that
// a named test notices.
//
// A check that no test would miss is a check that the next change may lose.
// Each entry of the tables beside this file says in a sentence what the module
// would do wrong, how to make it so, and which test must fail then:
//
//	# Comments begin with a number sign; blank lines mean nothing.
//
//	mutant: a critical extension is ignored
//	file: internal/jws/jws.go
//	- case "crit", "b64":
//	+ case "b64":
//	killed by: TestThreatsHeader in ./middleware
//
// Lines that begin with "- " are the old text, lines that begin with "+ " the
// new one. Newlines join them, and a bare "-" or "+" is an empty line. The text
// begins right after the space and is exact: the first line may begin in the
// middle of a line of the file, the others need their indentation. Without a
// "+ " line the old text is deleted.
//
// The old text must occur exactly once in the file. A mutant that no longer
// fits is stale and fails the run, as does one that does not compile. "file:"
// with its lines may be repeated, for a check that stands in two places, and
// "killed by:", when each of several tests must notice. Tests are named as go
// test prints them, subtests included.
//
//	go run ./proof/mutants                # from the root: those of the packages that the last commit and the files changed since touch
//	go run ./proof/mutants -since v1.2.0  # those of the packages that have changed since
//	go run ./proof/mutants -all           # all
//	go run ./proof/mutants -run crit      # those whose name matches
//
// The tables are the files proof/mutants/*.txt, one for each folder of the root.
// The mock server's are about tokens, revocation, redirects, CSRF and
// persistence, where a fault would let the wrong one in. Changed files go to a temporary directory and reach the compiler by go test -overlay,
// so the checkout is never touched. Each named test must pass on the unchanged
// code, and is then run by itself, without go vet, so that its failure is its
// own. A test that hangs, or brings its process down, has failed too.
package main
