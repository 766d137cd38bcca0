package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	r := &report{
		took:        2*time.Minute + 1234*time.Microsecond,
		verdicts:    [...]int{right: 1000, excused: 30, wrongRejection: 2, wrongAcceptance: 1},
		excusedGood: 10, rotations: 120, injected: 40, met: 39, kinds: 36, fetches: 300, metadata: 40,
		p50: [2]time.Duration{123456, 234567}, p99: [2]time.Duration{12345678, 23456789},
		heap: [3]uint64{2 << 20, 3 << 20, 1 << 20}, goroutines: [2]int{3, 4},
	}
	const want = `
time                     2m0.001s
requests                 1033
rotations                120
faults injected          40 from a list of 36
faults met               39
wrong rejections         2
wrong acceptances        1
unavailable (excused)    30, of good tokens 10
upstream fetches         300 of keys, 40 of metadata
latency without faults   p50 123µs, p99 12.3ms
latency with faults      p50 235µs, p99 23.5ms
heap                     2.0 MiB at the start, +1.0 MiB after a quarter, -1.0 MiB at the end
goroutines               3 at the start, 4 at the end
`
	var out strings.Builder
	r.print(&out)
	if got := out.String(); got != want[1:] {
		t.Errorf("got\n%s\nwant%s", got, want)
	}
}

func TestReportFailures(t *testing.T) {
	enough := report{verdicts: [...]int{right: 1, wrongAcceptance: 0}, rotations: 1, met: 1}
	wrongs := func(w ...wrong) report {
		r := enough
		r.wrongs = w
		return r
	}
	var many []wrong
	for i := range maxListed + 5 {
		many = append(many, wrong{fmt.Sprint("kind-", i), "during jwks: hang", 500, 1})
	}
	for _, tt := range []struct {
		name   string
		report report
		want   []string
	}{
		{"nothing wrong", enough, nil},
		{"wrong answers, the worst first", wrongs(
			wrong{"alg-none", "before all faults", 500, 900},
			wrong{"good", "after jwks: hang", 0, 3},
			wrong{"good", "after jwks: hang", 401, 4},
			wrong{"expired", "during discovery: status 500", 204, 1},
		), []string{
			`1 × 204 No Content for token "expired" during discovery: status 500`,
			`4 × 401 Unauthorized for token "good" after jwks: hang`,
			`3 × no answer for token "good" after jwks: hang`,
			`900 × 500 Internal Server Error for token "alg-none" before all faults`,
		}},
		{"nothing happened", report{}, []string{"the run was too short: no answer, no rotation, no fault met"}},
		{"no fault was met", report{verdicts: enough.verdicts, rotations: 1}, []string{"the run was too short: no fault met"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.report.failures(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}

	t.Run("more kinds than are listed", func(t *testing.T) {
		r := wrongs(many...)
		got := r.failures()
		if len(got) != maxListed+1 || got[maxListed] != "and 5 more kinds of wrong answers" {
			t.Errorf("got %q, want %d kinds and the number of the others", got, maxListed)
		}
	})
}

func TestFloodResultFailures(t *testing.T) {
	fine := floodResult{name: "an unknown kid", tokens: 1, serves: true, fetches: 3, allowed: 3, heap: [2]uint64{1, 1 + heapLimit}}
	with := func(change func(*floodResult)) *floodResult {
		f := fine
		change(&f)
		return &f
	}
	for _, tt := range []struct {
		name   string
		result *floodResult
		want   string
	}{
		{"at every limit", &fine, ""},
		{"a token accepted", with(func(f *floodResult) { f.accepted = 1 }), "1 tokens were accepted"},
		{"tokens refused for another reason", with(func(f *floodResult) { f.otherRefusals = 2 }), "2 tokens were refused for another reason"},
		{"a good token refused afterwards", with(func(f *floodResult) { f.serves = false }), "a good token is refused afterwards"},
		{"too many fetches", with(func(f *floodResult) { f.fetches = 4 }), "4 upstream fetches, want at most 3"},
		{"too much memory", with(func(f *floodResult) { f.heap[1]++ }), "the heap grew by +16.0 MiB, want at most 16.0 MiB"},
		{"leaked goroutines", with(func(f *floodResult) { f.goroutines[1] = 2 }), "2 goroutines leaked"},
		{"leaked descriptors", with(func(f *floodResult) { f.descriptors[1] = 1 }), "1 descriptors stayed open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := []string(nil)
			if tt.want != "" {
				want = []string{"flood of an unknown kid: " + tt.want}
			}
			if got := tt.result.failures(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestHistogram(t *testing.T) {
	t.Run("the durations of a bucket differ by at most a sixteenth", func(t *testing.T) {
		for d := time.Duration(0); d < time.Hour; d += d/10 + 1 {
			if got := limit(bucket(d)); got <= d || got > d+d/16+1 {
				t.Fatalf("got %v for %v, want just above", got, d)
			}
		}
	})

	t.Run("every duration has a bucket", func(t *testing.T) {
		var h histogram
		h.add(-1)
		h.add(1<<63 - 1)
	})

	t.Run("quantiles are those of what was added", func(t *testing.T) {
		var h histogram
		if got := h.quantile(0.5); got != 0 {
			t.Errorf("got %v of nothing, want 0", got)
		}
		for range 98 {
			h.add(time.Millisecond)
		}
		h.add(time.Second)
		h.add(time.Second)
		if got := h.quantile(0.5); got < time.Millisecond || got > 2*time.Millisecond {
			t.Errorf("got %v, want about 1ms", got)
		}
		if got := h.quantile(0.99); got < time.Second || got > 2*time.Second {
			t.Errorf("got %v, want about 1s", got)
		}
	})
}
