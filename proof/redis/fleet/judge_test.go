package main

import (
	"testing"
	"time"
)

const (
	ms = time.Millisecond
	s  = time.Second
)

// Process 3 is dead in seconds 10 to 12. Redis is paused in seconds 20 to 24.
// Processes 1 and 2 are cut off from Redis in seconds 40 to 60. Redis is
// emptied in seconds 100 to 102. Introspection is down in seconds 200 to 205.
var testFaults = []fault{
	{name: killed, began: 10 * s, ended: 12 * s, servers: []int{3}},
	{name: paused, began: 20 * s, ended: 24 * s},
	{name: cutOff, began: 40 * s, ended: 60 * s, servers: []int{1, 2}},
	{name: emptied, began: 100 * s, ended: 102 * s},
	{name: introspectionDown, began: 200 * s, ended: 205 * s},
}

// The first three tokens are revoked in seconds 5, 22 and 45. The feed never
// accepts the revocation of the fourth token. The fifth token is revoked just
// before Redis is emptied. The sixth token is revoked 2 seconds before Redis is
// paused.
var testVictims = []victim{
	{asked: 5 * s, acked: 5*s + 10*ms},
	{asked: 21 * s, acked: 22 * s},
	{asked: 45 * s, acked: 45*s + 10*ms},
	{asked: 50 * s},
	{asked: 100*s - 20*ms, acked: 100*s - 10*ms},
	{asked: 17 * s, acked: 18 * s},
}

func TestVerdictsOnSingleAnswers(t *testing.T) {
	for _, test := range []struct {
		name string
		e    event
		want verdict
	}{
		{"a good token is accepted", event{sent: 1 * s, status: 200}, right},
		{"a good token is refused", event{sent: 1 * s, status: 401}, wrongRejection},
		{"a good token is refused in an outage", event{kind: bound, sent: 21 * s, status: 401}, wrongRejection},
		{"a good token lacks a scope", event{sent: 1 * s, status: 403}, wrongRejection},
		{"a process fails", event{sent: 1 * s, status: 500}, wrongRejection},
		{"503 without a fault", event{sent: 1 * s, status: 503}, wrongRejection},
		{"503 for a proof while Redis is paused", event{kind: bound, sent: 21 * s, status: 503}, excused},
		{"503 for a proof that was sent just before", event{kind: bound, sent: 20*s - 50*ms, took: 100 * ms, status: 503}, excused},
		{"503 for a proof that was answered before", event{kind: bound, sent: 20*s - 50*ms, took: 40 * ms, status: 503}, wrongRejection},
		{"503 for a proof within the recovery", event{kind: bound, sent: 24*s + recovery, status: 503}, excused},
		{"503 for a proof after the recovery", event{kind: bound, sent: 24*s + recovery + ms, status: 503}, wrongRejection},
		{"503 for a JWT while Redis is paused", event{sent: 21 * s, status: 503}, wrongRejection},
		{"503 for a proof by a process that is cut off", event{kind: bound, server: 1, sent: 41 * s, status: 503}, excused},
		{"503 for a proof by another process", event{kind: bound, server: 0, sent: 41 * s, status: 503}, wrongRejection},
		{"503 for a JWT before MaxLag", event{server: 1, sent: 48 * s, status: 503}, wrongRejection},
		{"503 for a JWT beyond MaxLag", event{server: 1, sent: 51 * s, status: 503}, excused},
		{"503 for a JWT beyond the MaxLag of others", event{server: 0, sent: 51 * s, status: 503}, wrongRejection},
		{"503 for a proof after a loss of data", event{kind: bound, sent: 180 * s, dated: 180 * s, status: 503}, excused},
		{"503 for a proof 83 seconds later", event{kind: bound, sent: 185 * s, dated: 185 * s, status: 503}, wrongRejection},
		{"the same by a clock that is behind", event{kind: bound, sent: 185 * s, dated: 165 * s, status: 503}, excused},
		{"503 for a proof after a loss of data by a clock that is ahead", event{kind: bound, sent: 170 * s, dated: 190 * s, status: 503}, wrongRejection},
		{"503 for a JWT after a loss of data", event{sent: 150 * s, status: 503}, wrongRejection},
		{"503 for an opaque token while introspection is down", event{kind: opaque, sent: 201 * s, status: 503}, excused},
		{"503 for a JWT while introspection is down", event{sent: 201 * s, status: 503}, wrongRejection},

		{"no answer when a process is killed", event{server: noServer, sent: 10*s + 100*ms}, connectionLost},
		{"502 of the proxy when a process is killed", event{server: noServer, sent: 10*s + 100*ms, status: 502}, connectionLost},
		{"200 of the proxy when a process is killed", event{server: noServer, sent: 10*s + 100*ms, status: 200}, wrongRejection},
		{"401 of the proxy when a process is killed", event{server: noServer, sent: 10*s + 100*ms, status: 401}, wrongRejection},
		{"no answer when a process starts", event{server: noServer, sent: 12 * s}, wrongRejection},
		{"no answer while Redis is paused", event{kind: bound, server: noServer, sent: 21 * s}, wrongRejection},
		{"503 of the proxy while some are cut off", event{server: noServer, sent: 55 * s, status: 503}, wrongRejection},

		{"a forged token is refused", event{want: bad, sent: 1 * s, status: 401}, right},
		{"a forged token is accepted", event{want: bad, sent: 1 * s, status: 200}, wrongAcceptance},
		{"a forged token is accepted in an outage", event{want: bad, sent: 21 * s, status: 200}, wrongAcceptance},
		{"503 for a forged token", event{want: bad, sent: 1 * s, status: 503}, wrongRejection},
		{"503 for a forged token beyond MaxLag", event{want: bad, server: 1, sent: 51 * s, status: 503}, wrongRejection},

		{"a token before its revocation", event{want: revoked, sent: 4 * s, status: 200}, right},
		{"a token is refused before its revocation", event{want: revoked, sent: 4 * s, status: 401}, wrongRejection},
		{"a token is refused during its revocation", event{want: revoked, sent: 5*s + ms, status: 401}, right},
		{"a token is accepted during its revocation", event{want: revoked, sent: 5*s + ms, status: 200}, right},
		{"a token is refused after its revocation", event{want: revoked, sent: 6 * s, status: 401}, right},
		{"a token is accepted just after its revocation", event{want: revoked, sent: 6 * s, status: 200}, notInForce},
		{"a token is accepted more than a second after its revocation", event{want: revoked, sent: 6*s + 11*ms, status: 200}, wrongAcceptance},
		{"a token is accepted while the feed cannot be read", event{want: revoked, victim: 1, sent: 25 * s, status: 200}, notInForce},
		{"a token is accepted by a process that is cut off", event{want: revoked, victim: 2, server: 1, sent: 55 * s, status: 200}, notInForce},
		{"the same beyond MaxLag", event{want: revoked, victim: 2, server: 1, sent: 56 * s, status: 200}, wrongAcceptance},
		{"a token is accepted by another process", event{want: revoked, victim: 2, server: 0, sent: 47 * s, status: 200}, wrongAcceptance},
		{"a token that was revoked earlier is accepted in an outage", event{want: revoked, sent: 21 * s, status: 200}, wrongAcceptance},
		{"a token whose revocation was lost with the feed", event{want: revoked, victim: 4, sent: 102*s + republished, status: 200}, notInForce},
		{"the same after all were published again", event{want: revoked, victim: 4, sent: 102*s + republished + ms, status: 200}, wrongAcceptance},
		{"a process forgets what it has read with the feed", event{want: revoked, sent: 101 * s, status: 200}, wrongAcceptance},
		{"a token is accepted after the recovery of the feed", event{want: revoked, victim: 1, sent: 26*s + ms, status: 200}, wrongAcceptance},
		{"a process forgets what it has read in an outage", event{want: revoked, victim: 5, sent: 21 * s, status: 200}, wrongAcceptance},
		{"a token whose revocation was not acknowledged", event{want: revoked, victim: 3, sent: 70 * s, status: 200}, right},
	} {
		o := judge(&recording{events: []event{test.e}, victims: testVictims}, testFaults, 0)
		if o.counts[test.want] != 1 {
			t.Errorf("%s: got the counts %v, want 1 of verdict %d", test.name, o.counts, test.want)
		}
	}
}

func TestVerdictsOnProofs(t *testing.T) {
	use := func(want expectation, status int) event {
		return event{kind: bound, want: want, proof: 1, sent: 1 * s, status: status}
	}
	down := func(want expectation, status int) event { e := use(want, status); e.sent = 21 * s; return e }
	for _, test := range []struct {
		name   string
		events []event
		want   [verdicts]int
	}{
		{"a replay is refused", []event{use(good, 200), use(replay, 401)}, [verdicts]int{right: 2}},
		{"a replay is accepted", []event{use(good, 200), use(replay, 200)}, [verdicts]int{right: 1, replayAccepted: 1}},
		{"two replays are accepted", []event{use(good, 200), use(replay, 200), use(replay, 200)}, [verdicts]int{right: 1, replayAccepted: 2}},
		{"a proof that got 503 is accepted later", []event{down(good, 503), use(replay, 200)}, [verdicts]int{right: 1, excused: 1}},
		{"a proof that got 503 is accepted twice", []event{down(good, 503), use(replay, 200), use(replay, 200)}, [verdicts]int{right: 1, excused: 1, replayAccepted: 1}},
		{"one of a pair is accepted", []event{use(paired, 401), use(paired, 200)}, [verdicts]int{right: 2}},
		{"both of a pair are accepted", []event{use(paired, 200), use(paired, 200)}, [verdicts]int{right: 1, replayAccepted: 1}},
		{"both of a pair are refused", []event{use(paired, 401), use(paired, 401)}, [verdicts]int{wrongRejection: 2}},
		{"one of a pair gets 503", []event{down(paired, 401), down(paired, 503)}, [verdicts]int{right: 1, excused: 1}},
		{"a replay gets 503 without a fault", []event{use(good, 200), use(replay, 503)}, [verdicts]int{right: 1, wrongRejection: 1}},
	} {
		if got := judge(&recording{events: test.events}, testFaults, 0).counts; got != test.want {
			t.Errorf("%s: got the counts %v, want %v", test.name, got, test.want)
		}
	}
}

func TestTheTimeUntilARevocationIsInForce(t *testing.T) {
	o := judge(&recording{victims: testVictims, events: []event{
		{want: revoked, sent: 5*s + 210*ms, status: 200},
		{want: revoked, sent: 5*s + 110*ms, status: 200},
		{want: revoked, sent: 7 * s, status: 401},
		{want: revoked, victim: 1, sent: 23 * s, status: 401},
		{want: revoked, victim: 2, server: 1, sent: 48*s + 10*ms, status: 200},
		{want: revoked, victim: 4, server: 1, sent: 101 * s, status: 503},
	}}, testFaults, 0)
	if len(o.lags) != 1 || o.lags[0] != 200*ms {
		t.Errorf("got %v, want 200ms", o.lags)
	}
	if len(o.lagsLater) != 2 || o.lagsLater[0] != 0 || o.lagsLater[1] != 3*s {
		t.Errorf("got %v for revocations in outages, want 0s and 3s", o.lagsLater)
	}
}

func TestRecoveryEndsWithTheLastExcusedAnswer(t *testing.T) {
	o := judge(&recording{events: []event{
		{kind: bound, sent: 24*s + 900*ms, status: 503},
		{kind: bound, sent: 24*s + 800*ms, status: 503},
		{kind: bound, sent: 25 * s, status: 200},
	}}, testFaults, 0)
	if got, want := o.recovered[1], 900*ms; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestProcessesAcceptAgain(t *testing.T) {
	o := judge(&recording{events: []event{
		{server: 1, sent: 50 * s, status: 200},
		{server: 2, sent: 60*s + 400*ms, status: 401},
		{server: 2, sent: 60*s + 800*ms, status: 200},
		{server: 2, sent: 60*s + 500*ms, status: 200},
		{server: 1, sent: 60*s + 300*ms, status: 200},
	}}, testFaults, 0)
	if got, want := o.again[2], 500*ms; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, f := range testFaults {
		if f.name != cutOff && o.again[i] != never {
			t.Errorf("%s: got %v, want never, because process 3 has accepted nothing", f.name, o.again[i])
		}
	}
}

func TestIntrospectionsAreCountedPerMaxTTL(t *testing.T) {
	at := func(token int, times ...time.Duration) (calls []call) {
		for _, d := range times {
			calls = append(calls, call{token, d})
		}
		return calls
	}
	for _, test := range []struct {
		name          string
		calls         []call
		want, ofCalls int
	}{
		{"one per MaxTTL", at(1, 0, maxTTL, 2*maxTTL), 3, 3},
		{"two processes at once", at(1, 0, ms, maxTTL), 2, 3},
		{"two tokens", append(at(1, 0, maxTTL), at(2, ms, maxTTL+ms)...), 4, 4},
		{"in an outage", at(1, 21*s, 21*s+ms, 22*s), 0, 0},
	} {
		if o := judge(&recording{calls: test.calls}, testFaults, 0); o.rounds != test.want || o.calls != test.ofCalls {
			t.Errorf("%s: got %d calls in %d periods, want %d in %d", test.name, o.calls, o.rounds, test.ofCalls, test.want)
		}
	}
}
