package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// goodToken is the kind of those that are nothing else.
const goodToken = "good"

// load sends requests and keeps the score.
type load struct {
	url     string
	client  *http.Client
	ring    *ring
	weather *weather

	verdicts       [wrongAcceptance + 1]atomic.Int64
	excusedGood    atomic.Int64
	calm, troubled histogram // how long good tokens took, by whether a fault was at work

	mu     sync.Mutex
	wrongs []wrong
}

// wrong is a kind of wrong answer.
type wrong struct {
	token  string // its kind
	when   string // the request was sent: during a fault or after it
	status int
	count  int
}

// shot is one token to send; key is set for a good one, due for a hostile one.
type shot struct {
	kind  string
	token string
	key   *signer
	due   int
}

// worker sends one request after the other until ctx ends. What was sent is
// waited for and judged.
func (l *load) worker(ctx context.Context, number int) {
	for i := 0; ctx.Err() == nil; i++ {
		l.send(context.WithoutCancel(ctx), l.choose(number, i))
	}
}

// choose picks the token of a worker's i-th request. Every second worker sends
// good tokens by known keys alone, so that load goes on while the others wait
// for the key set. Of what the others send, half is hostile.
func (l *load) choose(worker, i int) shot {
	if worker%2 == 1 {
		return good(l.ring.known(i), i)
	}
	n := i / 2
	if i%2 == 0 {
		return good(l.ring.recent(n), n)
	}
	if banned := l.ring.banned(); banned != nil && n%10 == 0 {
		return shot{kind: "withdrawn-key", token: banned.good[0], due: http.StatusUnauthorized}
	}
	tokens := l.ring.recent(n).hostile
	h := tokens[n%len(tokens)]
	return shot{kind: h.kind, token: h.token, due: h.due}
}

func good(key *signer, n int) shot {
	return shot{kind: goodToken, token: key.good[n%len(key.good)], key: key}
}

func (l *load) send(ctx context.Context, s shot) {
	when, troubled := l.weather.now()
	a := answer{due: s.due}
	if s.key != nil {
		a.published, a.known = s.key.published, s.key.accepted.Load()
	}
	a.sent = time.Now()
	a.status = l.ask(ctx, s.token)
	took := time.Since(a.sent)

	v := judge(a, l.weather.lately())
	l.verdicts[v].Add(1)
	if s.key != nil {
		l.good(s.key, v, troubled, took)
	}
	if v == wrongAcceptance || v == wrongRejection {
		l.note(wrong{token: s.kind, when: when, status: a.status})
	}
}

// good notes what became of a good token.
func (l *load) good(key *signer, v verdict, troubled bool, took time.Duration) {
	switch {
	case v == right && !key.accepted.Load(): // a load is cheaper than a store to what all read
		key.accepted.Store(true)
	case v == excused:
		l.excusedGood.Add(1)
	}
	if troubled {
		l.troubled.add(took)
	} else {
		l.calm.add(took)
	}
}

// ask returns the status of the answer, 0 if there was none.
func (l *load) ask(ctx context.Context, token string) int {
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
	if _, err := io.Copy(io.Discard, res.Body); err != nil { // the connection carries the next request
		return 0
	}
	return res.StatusCode
}

func (l *load) note(w wrong) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, known := range l.wrongs {
		known.count = 0
		if known == w {
			l.wrongs[i].count++
			return
		}
	}
	w.count = 1
	l.wrongs = append(l.wrongs, w)
}
