package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	maxListed = 10  // kinds of wrong answers that are listed
	maxCalls  = 1.5 // limit of perRound; above 1, because several processes may introspect at once
)

// report contains the outcome of a run and its configuration.
type report struct {
	*outcome
	config
	under string // how the run was measured
}

func (r *report) requests() (n int) {
	for _, count := range r.counts {
		n += count
	}
	return n
}

// perRound returns how often a token is introspected within maxTTL, on average.
func (r *report) perRound() float64 { return float64(r.calls) / float64(max(r.rounds, 1)) }

// maxSlow returns how many requests with a proof may get 503 although no fault
// was injected. Redis may be slow, because the load uses the whole machine. The
// limit is one in a hundred accepted requests with a proof, plus one.
func (r *report) maxSlow() int { return r.accepted[bound]/100 + 1 }

// maxLost returns how many connections may be lost. Each worker sends at most
// two requests at the same time. Therefore, for each killed process, each
// worker may lose two connections.
func (r *report) maxLost() (n int) {
	for _, f := range r.faults {
		if f.name == killed {
			n += 2 * r.workers * len(f.servers)
		}
	}
	return n
}

// table returns the figures as Markdown.
func (r *report) table() string {
	var b strings.Builder
	row := func(name, must, format string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, fmt.Sprintf(format, args...), must)
	}
	b.WriteString("| figure | value | must be |\n|---|---|---|\n")
	row("requests", "", "%d, %.0f per second", r.requests(), float64(r.requests())/r.duration.Seconds())
	row("accepted", "> 0 each", "%d JWTs, %d opaque tokens, %d with proofs", r.accepted[bearer], r.accepted[opaque], r.accepted[bound])
	row("wrong acceptances", "0", "%d", r.counts[wrongAcceptance])
	row("replayed proofs that were accepted", "0", "%d", r.counts[replayAccepted])
	row("wrong rejections", "0", "%d", r.counts[wrongRejection])
	row("connections lost when a process was killed", fmt.Sprintf("at most %d", r.maxLost()), "%d", r.counts[connectionLost])
	for _, reason := range slices.Sorted(maps.Keys(r.reasons)) {
		must := ""
		if reason == slow {
			must = fmt.Sprintf("at most %d", r.maxSlow())
		}
		row("503: "+reason, must, "%d", r.reasons[reason])
	}
	row("last acceptance after a revocation", "at most 1 s", "p50 %s, p99 %s, max %s of %d", short(quantile(r.lags, 0.5)), short(quantile(r.lags, 0.99)), short(quantile(r.lags, 1)), len(r.lags))
	row("the same, while a process cannot read the feed", "at most 10 s, and 20 s after a loss of data", "p50 %s, max %s of %d", short(quantile(r.lagsLater, 0.5)), short(quantile(r.lagsLater, 1)), len(r.lagsLater))
	must := fmt.Sprintf("at most %.1f", maxCalls)
	if r.skew > 0 { // no limit: processes whose clocks differ by more than maxTTL do not share responses
		must = ""
	}
	row("introspections per token and `MaxTTL`, of all processes", must, "%.2f", r.perRound())

	b.WriteString("\n| second | fault | lasted | last 503 after its end | processes accept again after |\n|---:|---|---:|---:|---:|\n")
	for i, f := range r.faults {
		fmt.Fprintf(&b, "| %.1f | %s | %s | %s | %s |\n", f.began.Seconds(), f.describe(), short(f.ended-f.began), orDash(r.recovered[i]), orDash(r.again[i]))
	}
	return b.String()
}

func orDash(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d == never:
		return "never"
	}
	return short(d)
}

// describe names a fault and the processes that it affects.
func (f fault) describe() string {
	switch {
	case f.servers == nil:
		return f.name
	case f.name == cutOff:
		return fmt.Sprintf("%s between Redis and %d processes", f.name, len(f.servers))
	}
	return fmt.Sprintf("%s (%d)", f.name, len(f.servers))
}

// failures returns a line for each reason why the run failed.
func (r *report) failures() (list []string) {
	wrongs := slices.SortedFunc(maps.Keys(r.wrongs), func(a, b string) int { return r.wrongs[b].count - r.wrongs[a].count })
	for i, text := range wrongs {
		if i == maxListed {
			list = append(list, fmt.Sprintf("and %d more kinds of wrong answers", len(wrongs)-maxListed))
			break
		}
		w := r.wrongs[text]
		list = append(list, fmt.Sprintf("%d × %s, in seconds %.1f to %.1f", w.count, text, w.first.Seconds(), w.last.Seconds()))
	}
	for _, c := range []struct {
		verdict verdict
		name    string
	}{{wrongAcceptance, "wrong acceptances"}, {replayAccepted, "replayed proofs that were accepted"}, {wrongRejection, "wrong rejections"}} {
		if n := r.counts[c.verdict]; n > 0 {
			list = append(list, fmt.Sprintf("%d %s, want 0", n, c.name))
		}
	}
	if r.perRound() > maxCalls && r.skew == 0 {
		list = append(list, fmt.Sprintf("%.2f introspections per token and MaxTTL, want %.1f at most", r.perRound(), maxCalls))
	}
	if r.reasons[slow] > r.maxSlow() {
		list = append(list, fmt.Sprintf("%d times 503 for %s, want %d at most", r.reasons[slow], slow, r.maxSlow()))
	}
	if n := r.counts[connectionLost]; n > r.maxLost() {
		list = append(list, fmt.Sprintf("%d connections lost when a process was killed, want %d at most", n, r.maxLost()))
	}
	for i, f := range r.faults {
		if r.again[i] == never {
			list = append(list, fmt.Sprintf("after second %.1f (%s), a process has not accepted a token again", f.ended.Seconds(), f.describe()))
		}
	}
	// A run proves nothing about a kind of event that did not happen.
	for k, n := range r.accepted {
		if n == 0 {
			list = append(list, fmt.Sprintf("the run was too short: no %s token was accepted", kind(k)))
		}
	}
	if len(r.lags) == 0 || r.rounds == 0 || len(r.faults) < len(plan) {
		list = append(list, fmt.Sprintf("the run was too short: %d revocations, %d introspections, %d of %d faults", len(r.lags), r.rounds, len(r.faults), len(plan)))
	}
	return list
}

// short formats a duration with about three digits.
func short(d time.Duration) string {
	unit := time.Microsecond
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}
