package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	var c choice
	flag.BoolVar(&c.all, "all", false, "all mutants, not only those of packages that have changed")
	flag.StringVar(&c.since, "since", "HEAD~1", "mutants of the packages that have changed since this `commit`")
	flag.StringVar(&c.match, "run", "", "mutants whose name matches this regular `expression`, independent of changes")
	flag.IntVar(&c.most, "most", 0, "at most this `number` of mutants, different ones for each commit; 0 means no limit")
	timeout := flag.Duration("timeout", time.Minute, "time limit for each run of a test; a test that exceeds it has failed")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx, os.Stdout, goTest{root: ".", timeout: *timeout}, filepath.Join("proof", "mutants"), c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run tests the chosen mutants of the tables in dir. It prints a line for each
// mutant and a summary, and reports whether all mutants were killed.
func run(ctx context.Context, out io.Writer, test goTest, dir string, c choice) (bool, error) {
	all, err := readTables(dir)
	if err != nil {
		return false, err
	}
	chosen, err := c.from(ctx, test.root, all)
	if err != nil {
		return false, err
	}
	width := 0
	for _, m := range chosen {
		width = max(width, len(m.name))
	}
	j := judge{test: test, unfit: make(map[killer]string)}
	if err := j.baseline(ctx, chosen); err != nil {
		return false, err
	}
	count := 0
	for _, m := range chosen {
		v, err := j.judge(ctx, m)
		if err != nil {
			return false, err
		}
		if v.outcome == killed {
			count++
		}
		v.print(out, m.name, width)
	}
	_, err = fmt.Fprintf(out, "%d mutants of %d, %d killed\n", len(chosen), len(all), count)
	return count == len(chosen), err
}
