package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

func main() {
	match := flag.String("run", "", "only the mutants whose name matches this regular expression")
	part := flag.String("part", "1/1", "only the k-th of n parts of them, as k/n: 2/4 is every fourth, from the second")
	timeout := flag.Duration("timeout", time.Minute, "for each run of a test; one that hangs counts as failed")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx, os.Stdout, goTest{root: ".", timeout: *timeout}, filepath.Join("proof", "mutants"), *match, *part)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run judges the mutants in the tables of dir whose name matches, or a part of
// them. It prints a line for each and a summary, and reports whether all were
// killed. An error means that it could not judge.
func run(ctx context.Context, out io.Writer, test goTest, dir, match, part string) (bool, error) {
	pattern, err := regexp.Compile(match)
	if err != nil {
		return false, err
	}
	var k, n int
	if read, err := fmt.Sscanf(part, "%d/%d", &k, &n); err != nil || read != 2 || k < 1 || k > n {
		return false, fmt.Errorf("-part %q is not k/n with k from 1 to n", part)
	}
	all, err := readTables(dir)
	if err != nil {
		return false, err
	}
	chosen := choose(all, pattern, k, n)
	width := 0
	for _, m := range chosen {
		width = max(width, len(m.name))
	}
	if match != "" && len(chosen) == 0 {
		return false, fmt.Errorf("no mutant matches %q", match)
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
	_, err = fmt.Fprintf(out, "%d mutants, %d killed\n", len(chosen), count)
	return count == len(chosen), err
}

// choose returns the k-th of n parts of the mutants whose name matches.
func choose(all []mutant, pattern *regexp.Regexp, k, n int) (chosen []mutant) {
	matching := 0
	for _, m := range all {
		if !pattern.MatchString(m.name) {
			continue
		}
		if matching++; matching%n == k%n {
			chosen = append(chosen, m)
		}
	}
	return chosen
}
