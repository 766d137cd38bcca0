package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// config configures a run.
type config struct {
	duration time.Duration
	workers  int
	seed     uint64
	storm    int
	skew     time.Duration
	page     string
	plot     string
}

func main() {
	var c config
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), help)
		flag.PrintDefaults()
	}
	flag.DurationVar(&c.duration, "duration", 2*time.Minute, "how long the load lasts")
	flag.IntVar(&c.workers, "workers", 2*runtime.GOMAXPROCS(0), "`number` of workers, each of which sends one request after another")
	flag.Uint64Var(&c.seed, "seed", 1, "`number` that determines the times of the faults and the processes that they affect")
	flag.IntVar(&c.storm, "storm", 100_000, "`number` of revocations in the storm")
	flag.DurationVar(&c.skew, "skew", 0, "how wrong the clocks of two processes are, in whole seconds, one ahead and one behind; builds the standard library")
	flag.StringVar(&c.page, "page", "", "write the tables into this `file`, between their markers")
	flag.StringVar(&c.plot, "plot", "", "draw the timeline into this `file`")
	flag.Parse()
	if flag.NArg() > 0 || c.duration < 20*time.Second || c.workers < 1 || c.storm < 1 || c.skew < 0 || c.skew%time.Second != 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // after the first interrupt, a second one ends the program at once
	ok, err := run(ctx, os.Stdout, c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run runs the fleet with the configuration c and prints a report. It returns
// true if all values in the report are as required.
func run(ctx context.Context, out io.Writer, c config) (bool, error) {
	random := rand.New(rand.NewPCG(c.seed, 0)) //nolint:gosec // reproducible
	order := random.Perm(apis)
	faults := schedule(random, order, c.duration)
	f, err := startFleet(ctx, order, c.skew)
	if err != nil {
		return false, err
	}
	defer f.stop()
	fmt.Fprintf(out, "%v of load by %d workers, seed %d; the link between Redis and the processes %v can be cut\n\n", c.duration, c.workers, c.seed, f.cut)
	at := time.Now()
	recorded, injected, err := measure(ctx, out, f, c, faults)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return false, err
	}
	r := &report{judge(recorded, injected, c.skew), c, fmt.Sprintf("%s, %s/%s, %d CPUs, %s; `-duration %v -workers %d -storm %d -skew %v -seed %d`.",
		at.Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), c.duration, c.workers, c.storm, c.skew, c.seed)}
	fmt.Fprintf(out, "\n%s\n%s\n\n", r.table(), r.under)
	failures := r.failures()
	for _, failure := range failures {
		fmt.Fprintln(out, "FAIL:", failure)
	}
	if len(failures) > 0 {
		return false, nil
	}
	fmt.Fprintln(out, "ok")
	if c.page != "" {
		err = rewrite(c.page, r.table()+"\n"+r.under+"\n")
	}
	if c.plot != "" && err == nil {
		err = os.WriteFile(c.plot, []byte(r.plot(recorded.events)), 0o644) //nolint:gosec // an image of the documents
	}
	return true, err
}

// measure sends requests and injects the faults at the same time, for
// c.duration. It returns the requests, and the faults with their actual times.
func measure(ctx context.Context, out io.Writer, f *fleet, c config, faults []fault) (*recording, []fault, error) {
	began := time.Now()
	l := newLoad(f, c.workers, began)
	l.recordCalls()
	r, err := newRevoker(l, c.storm)
	if err != nil {
		return nil, nil, err
	}
	j := &injector{fleet: f, began: began, out: out, onStorm: r.revokeMany}
	ctx, cancel := context.WithTimeout(ctx, c.duration)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { l.run(ctx, c.workers, c.seed) })
	all.Go(func() { r.run(ctx) })
	all.Go(func() { j.run(ctx, faults) })
	all.Wait()
	slices.SortFunc(j.injected, func(a, b fault) int { return cmp.Compare(a.began, b.began) })
	return l.recording, j.injected, errors.Join(j.errs...)
}

// recordCalls records the introspections of the opaque tokens in the load.
func (l *load) recordCalls() {
	numbers := make(map[string]int)
	for i, s := range l.opaque {
		numbers[s.token] = i
	}
	l.fleet.as.Inject(testserver.EndpointIntrospect, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(body)) // the server refuses a malformed form
			if number, found := numbers[form.Get("token")]; found && err == nil {
				l.recording.mu.Lock()
				l.recording.calls = append(l.recording.calls, call{number, time.Since(l.began)})
				l.recording.mu.Unlock()
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}))
}

// These lines surround the figures in the page.
const (
	begin = "<!-- make fleet writes the text below -->"
	end   = "<!-- until the end of the figures of the fleet -->"
)

// rewrite replaces the text between the begin and end lines of a file.
func rewrite(path, text string) error {
	old, err := os.ReadFile(path) //nolint:gosec // the user names it
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s lacks the markers %s and %s", path, begin, end)
	}
	return os.WriteFile(path, []byte(before+begin+"\n\n"+text+"\n"+end+after), 0o644) //nolint:gosec // a document
}
