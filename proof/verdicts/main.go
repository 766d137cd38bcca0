// Verdicts shows whether a change of the code changed a verdict. It writes
// requests into a file once, and prints what the verifiers of the code that it
// is built with say of each:
//
//	go run ./proof/verdicts -write /tmp/corpus -n 200000
//	go run ./proof/verdicts -read /tmp/corpus -cache on >/tmp/new
//	diff /tmp/old /tmp/new
//
// For /tmp/old, copy this folder into a worktree of the older commit, and read
// the same file there. The cache of tokens may be on, off, or small, with room
// for 50: the verdicts must be the same.
//
// The file holds the public keys, the secret, the answers to introspection and
// the time of each request, so that reading it needs neither a network nor a
// clock. One seed writes one file. The requests are good and bad tokens of all
// kinds, mutated in what was signed and in what is sent, many of them again and
// again. Each verdict is a line: the number of the request, status, code, reason
// as [middleware.Config].Observe sees it, WWW-Authenticate and, of a token that
// passed, its subject and a checksum of all that was read from it.
//
//	cut -f4 /tmp/new | sort | uniq -c
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

// sizes are those of the cache of tokens, as middleware.Config has them.
var sizes = map[string]int{"on": 0, "off": -1, "small": 50}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("verdicts", flag.ContinueOnError)
	to := flags.String("write", "", "write a corpus to this `file`")
	n := flags.Int("n", 200_000, "the `number` of requests to write")
	seed := flags.Uint64("seed", 1, "the `number` that the requests follow from")
	from := flags.String("read", "", "print the verdicts on the corpus in this `file`")
	cache := flags.String("cache", "on", "the cache of tokens: `on, off or small`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	size, ok := sizes[*cache]
	switch {
	case !ok:
		return fmt.Errorf("-cache %s: want on, off or small", *cache)
	case *to != "" && *from == "" && flags.NArg() == 0:
		return toFile(*to, *n, *seed)
	case *from != "" && *to == "" && flags.NArg() == 0:
		f, err := os.Open(*from)
		if err != nil {
			return err
		}
		defer f.Close()
		out := bufio.NewWriter(stdout)
		if err := read(bufio.NewReader(f), out, size); err != nil {
			return err
		}
		return out.Flush()
	}
	return fmt.Errorf("want either -write or -read, and no arguments")
}

func toFile(path string, n int, seed uint64) error {
	f, err := os.Create(path) //nolint:gosec // it is the developer's choice
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	if err := write(out, n, seed); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Close()
}
