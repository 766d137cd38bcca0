package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

func main() {
	markdown := flag.Bool("markdown", false, "print the table as Markdown")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Stderr, *markdown)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "behaviour:", err)
		os.Exit(1)
	}
}

// run measures everything and prints the table to out. This takes a while, so
// run prints the name of each column to progress before measuring it.
func run(ctx context.Context, out, progress io.Writer, markdown bool) error {
	began := time.Now()
	t, err := measure(ctx, usual, rival.Fetching(), scenarios(usual), progress)
	if err != nil {
		return err
	}
	if markdown {
		t.markdown(out)
	} else {
		t.text(out)
	}
	fmt.Fprintf(out, "\nOne run of %v on %s: %s, %s/%s, %d CPUs.\n", time.Since(began).Round(time.Second),
		began.Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return nil
}
