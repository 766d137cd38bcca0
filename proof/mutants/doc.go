// Command mutants removes checks from this module, one at a time, and requires
// that a named test fails each time.
//
// If a check is missing and all tests pass, a later change of the code could
// remove the check without anyone noticing. Each entry of the tables in this
// folder consists of a sentence about what the module would do wrong, the
// change that causes this, and the test that must fail:
//
//	# Comments begin with a number sign. Blank lines are ignored.
//
//	mutant: a critical extension is ignored
//	file: internal/jws/jws.go
//	- case "crit", "b64":
//	+ case "b64":
//	killed by: TestThreatsHeader in ./middleware
//
// Lines that begin with "- " are the old text, and lines that begin with "+ "
// are the new text. The lines of each text are joined with newlines. A line
// that consists only of "-" or "+" is an empty line of the text. The text
// begins right after the space, and the old text must match exactly. The first
// line of a text may begin in the middle of a line of the file. The other lines
// of the text must be indented as in the file. Without a "+ " line, the old
// text is deleted.
//
// The old text must occur exactly once in the file. Otherwise, the mutant is
// stale and the run fails. The run also fails if a mutant does not compile. If
// a check is in two places, repeat "file:" and the lines after it. If each of
// several tests must fail, repeat "killed by:". Write the names of tests and
// subtests as go test prints them.
//
//	go run ./proof/mutants                # from the root: mutants of packages changed in the last commit or in uncommitted work
//	go run ./proof/mutants -since v1.2.0  # mutants of packages changed since v1.2.0
//	go run ./proof/mutants -all           # all mutants
//	go run ./proof/mutants -run crit      # mutants whose name matches
//
// The tables are the files proof/mutants/*.txt. Each table is named after a
// folder of the root. The tables of the mock server cover tokens, revocation,
// logout, redirects, CSRF and persistence, where a fault would give access.
// Changed files are written to a temporary directory and passed to go test
// -overlay, so the checkout is not modified. Each named test must pass on the
// unchanged code. With a mutant, each test runs alone and without go vet, so
// other failures have no effect. A test that hangs or crashes its process
// fails.
package main
