package main

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }
	now := outage{began: noon, grace: time.Second}
	over := outage{began: noon, ended: at(10), grace: time.Second}

	for _, tt := range []struct {
		name    string
		answer  answer
		outages []outage
		want    verdict
	}{
		{"a good token is accepted", answer{status: 204}, nil, right},
		{"a good token is refused", answer{status: 401}, nil, wrongRejection},
		{"a good token lacks a scope", answer{status: 403}, nil, wrongRejection},
		{"a good token meets a panic", answer{status: 500}, nil, wrongRejection},
		{"a good token is unavailable without an outage", answer{status: 503}, nil, wrongRejection},
		{"a good token is redirected", answer{status: 302}, nil, wrongRejection},
		{"a good token gets no answer", answer{}, nil, wrongRejection},

		{"a hostile token is refused", answer{wantStatus: 401, status: 401}, nil, right},
		{"a hostile token lacks a scope", answer{wantStatus: 403, status: 403}, nil, right},
		{"a hostile token is accepted", answer{wantStatus: 401, status: 200}, nil, wrongAcceptance},
		{"a hostile token is accepted during an outage", answer{wantStatus: 401, status: 204, sent: at(1)}, []outage{now}, wrongAcceptance},
		{"a hostile token is refused with 401 instead of 403", answer{wantStatus: 403, status: 401}, nil, wrongRejection},
		{"a hostile token meets a panic", answer{wantStatus: 401, status: 500}, nil, wrongRejection},
		{"a hostile token is unavailable without an outage", answer{wantStatus: 401, status: 503}, nil, wrongRejection},
		{"a hostile token is unavailable during an outage", answer{wantStatus: 401, status: 503, sent: at(1)}, []outage{now}, excused},
		{"a hostile token is unavailable after the grace period", answer{wantStatus: 401, status: 503, sent: at(11)}, []outage{over}, wrongRejection},
		{"a hostile token meets a panic during an outage", answer{wantStatus: 401, status: 500, sent: at(1)}, []outage{now}, wrongRejection},

		{"a key published during the outage is unavailable", answer{status: 503, sent: at(2), published: at(1)}, []outage{now}, excused},
		{"a key published when the outage begins is unavailable", answer{status: 503, sent: at(2), published: at(0)}, []outage{now}, excused},
		{"a key published during the outage is refused", answer{status: 401, sent: at(2), published: at(1)}, []outage{now}, wrongRejection},
		{"a key published during the outage meets a panic", answer{status: 500, sent: at(2), published: at(1)}, []outage{now}, wrongRejection},
		{"a key published before the outage is unavailable", answer{status: 503, sent: at(2), published: at(-1)}, []outage{now}, wrongRejection},
		{"a key that was accepted is unavailable", answer{status: 503, sent: at(2), published: at(1), cached: true}, []outage{now}, wrongRejection},
		{"a key is unavailable in the grace period", answer{status: 503, sent: at(10.9), published: at(9)}, []outage{over}, excused},
		{"a key published in the grace period is unavailable in it", answer{status: 503, sent: at(10.9), published: at(10.2)}, []outage{over}, excused},
		{"a key is unavailable after the grace period", answer{status: 503, sent: at(11), published: at(9)}, []outage{over}, wrongRejection},
		{
			"the outage before the last one excuses a request that was sent in it", answer{status: 503, sent: at(10), published: at(9)},
			[]outage{over, {began: at(12)}}, excused,
		},
		{
			"an outage that began after the key was accepted does not excuse it", answer{status: 503, sent: at(13), published: at(9)},
			[]outage{over, {began: at(12)}}, wrongRejection,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge(tt.answer, tt.outages); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
