package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
)

// config configures a run. Flags set the fields of the first group.
type config struct {
	duration  time.Duration
	workers   int
	floodSize int // tokens of each flood; 0 means no floods

	minInterval  time.Duration // jwks.Options.MinInterval of the verifier
	period       time.Duration // time from one signing key to the next
	faultFor     time.Duration
	faultFreeFor time.Duration // minimum time from the end of a fault's grace period to the next fault

	// guard makes the middleware that protects the API. Some tests use faulty
	// middleware instead.
	guard func(*middleware.Verifier) func(http.Handler) http.Handler
}

func defaults() config {
	return config{
		duration:     2 * time.Minute,
		workers:      2 * runtime.GOMAXPROCS(0),
		floodSize:    1_000_000,
		minInterval:  400 * time.Millisecond,
		period:       time.Second,
		faultFor:     1200 * time.Millisecond, // three minimum intervals, so that the verifier sends a request during the fault
		faultFreeFor: 700 * time.Millisecond,
		guard:        requireScope,
	}
}

func main() {
	c := defaults()
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), help)
		flag.PrintDefaults()
	}
	flag.DurationVar(&c.duration, "duration", c.duration, "how long the load lasts")
	flag.IntVar(&c.workers, "workers", c.workers, "`number` of workers that send requests, each with its own connection")
	flag.IntVar(&c.floodSize, "flood-size", c.floodSize, "`number` of tokens of each flood")
	floods := flag.Bool("floods", true, "send floods of forged tokens after the load")
	flag.Parse()
	if flag.NArg() > 0 || c.duration <= 0 || c.workers < 1 || c.floodSize < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if !*floods {
		c.floodSize = 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // after the first interrupt, a second one ends the program at once
	ok, err := run(ctx, os.Stdout, c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run sends the load and then the floods, and prints the results. It returns
// true if all checks passed. If ctx ends, run stops early and prints the
// results until then.
func run(ctx context.Context, out io.Writer, c config) (bool, error) {
	fmt.Fprintf(out, "%v of load by %d workers …\n\n", c.duration, c.workers)
	r, err := soak(ctx, c)
	if err != nil {
		return false, err
	}
	r.print(out)
	failures := r.failures()

	for _, f := range floods() {
		if c.floodSize == 0 || ctx.Err() != nil {
			break
		}
		fmt.Fprintf(out, "\n%d × %s …\n\n", c.floodSize, f.name)
		result, err := f.run(ctx, c)
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			return false, err
		}
		result.print(out)
		failures = append(failures, result.failures()...)
	}

	if ctx.Err() != nil {
		fmt.Fprint(out, "\ninterrupted: the rest was skipped\n")
	}
	fmt.Fprintln(out)
	for _, failure := range failures {
		fmt.Fprintln(out, "FAIL:", failure)
	}
	if len(failures) == 0 {
		fmt.Fprintln(out, "ok")
	}
	return len(failures) == 0, nil
}

// wait waits until d has passed or ctx ends. It returns false if ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
