// Mutants removes checks from this module, one at a time, and requires that a
// named test fails.
//
// If no test fails without a check, the next change may remove it unnoticed.
// Each entry of the tables in this folder describes in a sentence what the
// module would do wrong, and gives the change that causes it and the test that
// must fail:
//
//	# Comments begin with a number sign. Blank lines are ignored.
//
//	mutant: a critical extension is ignored
//	file: internal/jws/jws.go
//	- case "crit", "b64":
//	+ case "b64":
//	killed by: TestThreatsHeader in ./middleware
//
// Lines that begin with "- " are the old text, lines that begin with "+ " the
// new text. They are joined with newlines. A line with only "-" or "+" is
// empty. The text begins right after the space and must match exactly: the
// first line may begin in the middle of a line of the file, the others need
// their indentation. Without a "+ " line the old text is deleted.
//
// The old text must occur exactly once in the file. A mutant whose text does
// not occur once is stale and fails the run, as does one that does not compile.
// "file:" and its lines may be repeated if a check is in two places, and
// "killed by:" if each of several tests must fail. Tests are named as go test
// prints them, including subtests.
//
//	go run ./proof/mutants                # from the root: those of packages changed by the last commit or since
//	go run ./proof/mutants -since v1.2.0  # those of packages changed since v1.2.0
//	go run ./proof/mutants -all           # all
//	go run ./proof/mutants -run crit      # those whose name matches
//
// The tables are the files proof/mutants/*.txt, one for each folder of the
// root. Those of the mock server cover tokens, revocation, redirects, CSRF and
// persistence, where a fault would give access. Changed files are written to a
// temporary directory and passed to go test -overlay, so the checkout is not
// modified. Each named test must pass on the unchanged code. It is then run on
// its own, without go vet, so that no other failure counts. A test that hangs
// or crashes its process has failed, too.
package main
