package main

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

// inForce is how long a token may still be accepted after the feed has
// acknowledged its revocation.
const inForce = time.Second

// verdict is the judgment of one answer.
type verdict int

const (
	right verdict = iota
	excused
	connectionLost
	notInForce // a revoked token was accepted within the permitted delay
	wrongRejection
	wrongAcceptance
	replayAccepted
	verdicts
)

// outcome is the judgment of a run.
type outcome struct {
	faults   []fault
	counts   [verdicts]int
	accepted [kinds]int
	reasons  map[string]int // number of excused answers for each reason
	wrongs   map[string]wrong

	lags      []time.Duration // time from each revocation to its token's last acceptance
	lagsLater []time.Duration // like lags, for revocations that a fault delayed
	recovered []time.Duration // time from the end of each fault to the last 503 that the fault explains
	again     []time.Duration // time from the end of each fault until all affected processes accepted a token, or never
	rounds    int             // introspections, at most one per token in each maxTTL
	calls     int             // introspections that countRounds did not skip
}

// wrong counts the wrong answers of one kind. The fields first and last are the
// times at which the first and the last request with such an answer were sent.
type wrong struct {
	count       int
	first, last time.Duration
}

// judge checks all answers of a run. skew is the maximum error of the clocks of
// the processes.
func judge(r *recording, faults []fault, skew time.Duration) *outcome {
	o := &outcome{faults: faults, reasons: make(map[string]int), wrongs: make(map[string]wrong), recovered: make([]time.Duration, len(faults))}
	for _, f := range faults {
		o.again = append(o.again, f.acceptedAgain(r.events))
	}
	all := windows(faults, skew)
	all = append(slowWindows(r.events, all), all...)
	used, refused := make(map[int64]bool), make(map[int64]int) // the keys are numbers of proofs
	for _, e := range r.events {
		if e.want == paired && e.status == http.StatusUnauthorized {
			refused[e.proof]++
		}
	}
	lags := make([]time.Duration, len(r.victims))
	tried := make([]bool, len(r.victims)) // whether the token got 200 or 401 after its revocation
	later := make([]bool, len(r.victims))
	for _, e := range r.events {
		v := o.verdict(e, r.victims, all)
		switch {
		case e.proof != 0 && e.status == http.StatusOK && used[e.proof]:
			v = replayAccepted
		case e.want == paired && refused[e.proof] == 2:
			v = wrongRejection
		}
		used[e.proof] = used[e.proof] || e.status == http.StatusOK
		o.counts[v]++
		if e.status == http.StatusOK {
			o.accepted[e.kind]++
		}
		if v >= wrongRejection {
			w, found := o.wrongs[e.describe()]
			if !found {
				w.first = e.sent
			}
			o.wrongs[e.describe()] = wrong{w.count + 1, min(w.first, e.sent), max(w.last, e.sent)}
		}
		if e.want == revoked {
			if acked := r.victims[e.victim].acked; acked > 0 && e.sent > acked {
				tried[e.victim] = tried[e.victim] || e.status == http.StatusOK || e.status == http.StatusUnauthorized
				if e.status == http.StatusOK {
					lags[e.victim] = max(lags[e.victim], e.sent-acked)
				}
			}
		}
	}
	for i, v := range r.victims {
		if !tried[i] {
			continue
		}
		for _, w := range all {
			later[i] = later[i] || w.effect == lagging && v.acked >= w.from-inForce && v.acked <= w.to
		}
		if later[i] {
			o.lagsLater = append(o.lagsLater, lags[i])
		} else {
			o.lags = append(o.lags, lags[i])
		}
	}
	slices.Sort(o.lags)
	slices.Sort(o.lagsLater)
	o.countRounds(r.calls, all)
	return o
}

// never is the result of acceptedAgain if a process has accepted no token since
// the fault.
const never time.Duration = math.MaxInt64

// acceptedAgain returns the time from the end of the fault until all processes
// that the fault affected have accepted a token. If one of them has not, it
// returns the never constant.
func (f fault) acceptedAgain(events []event) (last time.Duration) {
	first := make(map[int]time.Duration)
	for _, e := range events {
		if at, found := first[e.server]; e.status == http.StatusOK && e.sent >= f.ended && (!found || e.sent < at) {
			first[e.server] = e.sent
		}
	}
	for server := range apis {
		if f.servers != nil && !slices.Contains(f.servers, server) {
			continue
		}
		at, found := first[server]
		if !found {
			return never
		}
		last = max(last, at-f.ended)
	}
	return last
}

// verdict judges one answer. It does not check whether the proof was used
// before. A 503 of a process for a bad token is never excused: a process must
// refuse a bad token before it needs Redis or introspection.
func (o *outcome) verdict(e event, victims []victim, all []window) verdict {
	ok, refused := e.status == http.StatusOK, e.status == http.StatusUnauthorized
	if e.server == noServer {
		return o.verdictOnProxy(e, all)
	}
	if w, found := find(all, unavailable, e, e.sent, e.sent+e.took); found && e.status == http.StatusServiceUnavailable && e.want != bad {
		o.excuse(w, e)
		return excused
	}
	switch e.want {
	case good:
		if ok {
			return right
		}
	case bad:
		if ok {
			return wrongAcceptance
		}
		if refused {
			return right
		}
	case paired, replay:
		if ok || refused {
			return right
		}
	case revoked:
		return verdictOnRevoked(e, victims[e.victim], all)
	}
	return wrongRejection
}

// verdictOnRevoked judges an answer to a token that is revoked at some time.
func verdictOnRevoked(e event, v victim, all []window) verdict {
	ok, refused := e.status == http.StatusOK, e.status == http.StatusUnauthorized
	before := v.asked == 0 || e.sent+e.took < v.asked
	switch {
	case ok && (before || v.acked == 0 || e.sent <= v.acked), refused && !before:
		return right
	case !ok:
		return wrongRejection
	case e.sent <= v.acked+inForce:
		return notInForce
	}
	mayLag := func(w window) bool {
		return w.effect == lagging && w.covers(e, v.acked, e.sent) && e.sent <= w.to &&
			v.acked >= w.from-inForce && // if acked earlier, the APIs read the revocation before the window began
			(w.lostFeed || e.sent <= v.acked+maxLag)
	}
	if slices.ContainsFunc(all, mayLag) {
		return notInForce
	}
	return wrongAcceptance
}

// verdictOnProxy judges a request that no process answered. Either the process
// was killed during the request, or the proxy had no healthy process.
func (o *outcome) verdictOnProxy(e event, all []window) verdict {
	failed := e.status == 0 || e.status >= http.StatusInternalServerError
	if _, found := find(all, lost, e, e.sent, e.sent+e.took); found && failed {
		return connectionLost
	}
	if w, found := find(all, unavailable, e, e.sent, e.sent+e.took); found && w.kinds == nil && e.status == http.StatusServiceUnavailable {
		o.excuse(w, e)
		return excused
	}
	return wrongRejection
}

// excuse counts an answer that a window explains.
func (o *outcome) excuse(w window, e event) {
	o.reasons[w.reason]++
	if w.fault != noFault {
		o.recovered[w.fault] = max(o.recovered[w.fault], e.sent-o.faults[w.fault].ended)
	}
}

// countRounds counts introspections. It skips periods in which the processes
// cannot share introspection responses.
func (o *outcome) countRounds(calls []call, all []window) {
	began := make(map[int]time.Duration)
	for _, c := range slices.SortedFunc(slices.Values(calls), func(a, b call) int { return cmp.Compare(a.at, b.at) }) {
		apart := slices.ContainsFunc(all, func(w window) bool {
			return (w.effect == lagging || w.reason == introspectionDown) && c.at >= w.from && c.at <= w.to+maxTTL
		})
		if apart {
			delete(began, c.token)
			continue
		}
		o.calls++
		if at, found := began[c.token]; !found || c.at >= at+maxTTL-100*time.Millisecond {
			o.rounds++
			began[c.token] = c.at
		}
	}
}

// describe describes an answer without its token.
func (e event) describe() string {
	status := fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
	if e.status == 0 {
		status = "no answer"
	}
	by := fmt.Sprint("process ", e.server)
	if e.server == noServer {
		by = "the proxy"
	}
	return fmt.Sprintf("%s from %s, token: %s, %s", status, by, e.kind, e.want)
}

// quantile returns a quantile of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
