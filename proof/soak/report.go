package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// maxListed is the maximum number of kinds of wrong answers that are listed.
const maxListed = 10

// report contains the results of the load, without the floods.
type report struct {
	took          time.Duration
	verdicts      [wrongAcceptance + 1]int
	excusedGood   int // excused answers to good tokens
	wrongs        []wrong
	rotations     int
	injected, met int // number of faults; number of faults during which the faulty endpoint was requested
	kinds         int // number of faults in the list
	fetches       int // fetches of the key set
	metadata      int // requests for the metadata

	p50, p99   [2]time.Duration // latencies for good tokens: [0] outside faults, [1] during faults
	heap       [3]uint64        // at the start, after a quarter of the time, at the end
	goroutines [2]int           // before and after the load
}

// requests returns the number of requests.
func (r *report) requests() (n int) {
	for _, count := range r.verdicts {
		n += count
	}
	return n
}

func (r *report) print(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("time", "%v", r.took.Round(time.Millisecond))
	row("requests", "%d", r.requests())
	row("rotations", "%d", r.rotations)
	row("faults injected", "%d from a list of %d", r.injected, r.kinds)
	row("faults met", "%d", r.met)
	row("wrong rejections", "%d", r.verdicts[wrongRejection])
	row("wrong acceptances", "%d", r.verdicts[wrongAcceptance])
	row("unavailable (excused)", "%d, of good tokens %d", r.verdicts[excused], r.excusedGood)
	row("upstream fetches", "%d of keys, %d of metadata", r.fetches, r.metadata)
	for i, when := range [...]string{"without faults", "with faults"} {
		row("latency "+when, "p50 %v, p99 %v", round(r.p50[i]), round(r.p99[i]))
	}
	row("heap", "%s at the start, %s after a quarter, %s at the end", mib(int64(r.heap[0])), growth(r.heap[0], r.heap[1]), growth(r.heap[0], r.heap[2])) //nolint:gosec // a heap is smaller
	row("goroutines", "%d at the start, %d at the end", r.goroutines[0], r.goroutines[1])
	_ = t.Flush()
}

// failures returns a line for each reason why the run failed.
func (r *report) failures() (list []string) {
	slices.SortStableFunc(r.wrongs, func(a, b wrong) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.count, a.count))
	})
	for i, w := range r.wrongs {
		if i == maxListed {
			list = append(list, fmt.Sprintf("and %d more kinds of wrong answers", len(r.wrongs)-maxListed))
			break
		}
		list = append(list, w.String())
	}
	// A run without answers, rotations or faults proves nothing.
	var idle []string
	for _, c := range []struct {
		name  string
		count int
	}{{"answer", r.requests()}, {"rotation", r.rotations}, {"fault met", r.met}} {
		if c.count == 0 {
			idle = append(idle, "no "+c.name)
		}
	}
	if idle != nil {
		list = append(list, "the run was too short: "+strings.Join(idle, ", "))
	}
	return list
}

// rank returns the position of w in the report: 0 for wrong acceptances, 1 for
// refused good tokens, and 2 for all other wrong answers.
func (w wrong) rank() int {
	switch {
	case w.status >= 200 && w.status <= 299:
		return 0
	case w.token == goodToken:
		return 1
	}
	return 2
}

// String describes a kind of wrong answer. It does not print a token.
func (w wrong) String() string {
	status := fmt.Sprintf("%d %s", w.status, http.StatusText(w.status))
	if w.status == 0 {
		status = "no answer"
	}
	return fmt.Sprintf("%d × %s for token %q %s", w.count, status, w.token, w.when)
}

// round rounds a duration to about three digits.
func round(d time.Duration) time.Duration {
	unit := time.Microsecond
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

func growth(from, to uint64) string {
	return fmt.Sprintf("%+.1f MiB", (float64(to)-float64(from))/(1<<20))
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
