// Command verdicts shows whether a change of the code changed a verdict, that
// is, the result for a request. It first writes requests to a file, the corpus.
// Then it reads the corpus and prints the verdict of the current code on each
// request:
//
//	go run ./proof/verdicts -write /tmp/corpus -n 200000
//	go run ./proof/verdicts -read /tmp/corpus -cache on >/tmp/new
//	diff /tmp/old /tmp/new
//
// To make /tmp/old, copy this folder into a worktree of the older commit and
// read the same corpus there. The flag -cache sets the token cache to on, off,
// or small (50 entries). The token cache must not change any verdict.
//
// The corpus also contains the public keys, the secret, the introspection
// responses, and the time of each request. The program therefore reads it
// without using a network. The verifiers use the time of the request, but the
// introspection clients use the system clock. With the same seed, the program
// always writes the same corpus. The requests contain good and bad tokens of
// all kinds. Some tokens were mutated before or after signing. Many requests
// are repeated.
//
// Each verdict is a line with these columns: the number of the request, the
// status, the error code, the reason as reported to
// [middleware.Config].Observe, and WWW-Authenticate. For a method call, the
// description of the error replaces WWW-Authenticate. For an accepted token,
// the last column contains the subject and a checksum of the
// [middleware.Token]. The following command counts the verdicts by reason:
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

// sizes maps the values of the flag -cache to values of
// middleware.Config.TokenCache.
var sizes = map[string]int{"on": 0, "off": -1, "small": 50}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("verdicts", flag.ContinueOnError)
	to := flags.String("write", "", "write a corpus to this `file`")
	n := flags.Int("n", 200_000, "the `number` of requests to write")
	seed := flags.Uint64("seed", 1, "the `number` that seeds the random generator")
	from := flags.String("read", "", "print the verdicts on the corpus in this `file`")
	cache := flags.String("cache", "on", "the token cache: `on, off or small`")
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
	return fmt.Errorf("want either -write FILE or -read FILE, and no further arguments")
}

func toFile(path string, n int, seed uint64) error {
	f, err := os.Create(path) //nolint:gosec // the developer chooses the path
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
