package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// goodToken is the name of the kind of good tokens.
const goodToken = "good"

// load sends requests and counts the verdicts.
type load struct {
	url      string
	client   *http.Client
	ring     *ring
	injector *injector

	verdicts            [wrongAcceptance + 1]atomic.Int64
	excusedGood         atomic.Int64
	normal, duringFault histogram // latencies for good tokens, outside and during faults

	mu     sync.Mutex
	wrongs []wrong
}

// wrong counts the wrong answers of one kind.
type wrong struct {
	token  string // the kind of the token
	when   string // description of the active or latest fault
	status int
	count  int
}

// sample is a token to send. For a hostile token, key is nil. For a good token,
// wantStatus is 0.
type sample struct {
	kind       string
	token      string
	key        *signer
	wantStatus int
}

// worker sends one request after another until ctx ends. The last request is
// not canceled when ctx ends, and its answer is checked.
func (l *load) worker(ctx context.Context, number int) {
	for i := 0; ctx.Err() == nil; i++ {
		l.send(context.WithoutCancel(ctx), l.choose(number, i))
	}
}

// choose returns the token for request i of a worker. Workers with an odd
// number send only good tokens with cached keys, so that the load continues
// while the other workers wait for the key set. The other workers alternate
// between good and hostile tokens.
func (l *load) choose(worker, i int) sample {
	if worker%2 == 1 {
		return good(l.ring.cached(i), i)
	}
	n := i / 2
	if i%2 == 0 {
		return good(l.ring.recent(n), n)
	}
	if banned := l.ring.banned(); banned != nil && n%10 == 0 {
		return sample{kind: "withdrawn-key", token: banned.good[0], wantStatus: http.StatusUnauthorized}
	}
	tokens := l.ring.recent(n).hostile
	h := tokens[n%len(tokens)]
	return sample{kind: h.kind, token: h.token, wantStatus: h.wantStatus}
}

func good(key *signer, n int) sample {
	return sample{kind: goodToken, token: key.good[n%len(key.good)], key: key}
}

func (l *load) send(ctx context.Context, s sample) {
	when, duringFault := l.injector.now()
	a := answer{wantStatus: s.wantStatus}
	if s.key != nil {
		a.published, a.cached = s.key.published, s.key.accepted.Load()
	}
	a.sent = time.Now()
	a.status = l.request(ctx, s.token)
	took := time.Since(a.sent)

	v := judge(a, l.injector.recentOutages())
	l.verdicts[v].Add(1)
	if s.key != nil {
		l.recordGood(s.key, v, duringFault, took)
	}
	if v == wrongAcceptance || v == wrongRejection {
		l.record(wrong{token: s.kind, when: when, status: a.status})
	}
}

// recordGood records the verdict on a good token.
func (l *load) recordGood(key *signer, v verdict, duringFault bool, took time.Duration) {
	switch {
	case v == right && !key.accepted.Load(): // checked first, because reading a shared value is cheaper than writing it
		key.accepted.Store(true)
	case v == excused:
		l.excusedGood.Add(1)
	}
	if duringFault {
		l.duringFault.add(took)
	} else {
		l.normal.add(took)
	}
}

// request returns the status of the answer, or 0 if there was no answer.
func (l *load) request(ctx context.Context, token string) int {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := l.client.Do(r)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil { // read to the end, so that the connection is reused
		return 0
	}
	return res.StatusCode
}

func (l *load) record(w wrong) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, kind := range l.wrongs {
		kind.count = 0
		if kind == w {
			l.wrongs[i].count++
			return
		}
	}
	w.count = 1
	l.wrongs = append(l.wrongs, w)
}
