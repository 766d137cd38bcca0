package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench"
	"github.com/bearerguard/bearerguard/proof/bench/performance"
)

func main() {
	if generator() {
		return
	}
	m := meter{tokens: 10_000, million: 1_000_000}
	flag.IntVar(&m.rounds, "rounds", 40, "`number` of rounds; each round measures every operation once")
	flag.DurationVar(&m.slice, "for", 15*time.Millisecond, "how long to repeat each operation in a round")
	page := flag.String("page", "", "write the tables of full verification and of proofs into this `file`, between their markers")
	only := flag.String("only", "", "print only the tables whose names contain this `text`; all tables if empty")
	flag.Parse()
	if flag.NArg() > 0 || m.rounds < 1 || m.slice <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, m, *only, *page, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// comparisons lists the tables in the order in which they are printed.
var comparisons = []struct {
	name string
	make func(context.Context, meter) (table, error)
}{
	{"Full verification", verification},
	{"Tokens that were seen before", seen},
	{"A million tokens, some of them popular", million},
	{"Many issuers", issuers},
	{"Refusals", refusals},
	{"One request through the middleware", middlewares},
	{"One request with a DPoP proof", proofs},
	{"End to end over HTTP", endToEnd},
	{"A thousand callers at once, before there are keys", herd},
}

// run measures everything and prints the tables to out. This takes a while, so
// run prints the name of each table to progress before measuring it.
func run(ctx context.Context, m meter, only, page string, out, progress io.Writer) error {
	began := time.Now()
	written := make(map[string]table)
	for _, c := range comparisons {
		if !strings.Contains(c.name, only) {
			continue
		}
		fmt.Fprintf(progress, "%s …\n", c.name)
		t, err := c.make(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := ctx.Err(); err != nil {
			return err // after an interruption, t is invalid
		}
		fmt.Fprintf(out, "%s\n\n%s\n", c.name, t)
		written[c.name] = t
	}
	command := "make bench"
	if only != "" {
		command = "go run ./compare -only " + only
	}
	under := fmt.Sprintf("%s, %s/%s, %d CPUs, %s; medians of %d rounds in one run of `%s`.",
		began.Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go version "), m.rounds, command)
	fmt.Fprintf(out, "%s It took %v.\n", under, time.Since(began).Round(time.Second))
	for _, on := range onPage {
		if t, made := written[on.name]; made && page != "" {
			if err := rewrite(page, on.begin, on.end, t.String()+"\n"+under+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// onPage lists the tables that are written into the page, with their marker
// lines.
var onPage = []struct{ name, begin, end string }{
	{"Full verification", performance.Begin, performance.End},
	{"One request with a DPoP proof", performance.BeginProofs, performance.EndProofs},
}

// rewrite replaces the text between two marker lines in a document.
func rewrite(path, begin, end, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, _, after, err := bench.Cut(string(old), begin, end)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(before+"\n"+text+"\n"+after), 0o644) //nolint:gosec // a document
}
