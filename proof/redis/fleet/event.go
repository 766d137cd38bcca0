package main

import (
	"sync"
	"time"
)

// kind is a kind of token.
type kind int

const (
	bearer kind = iota // JWT
	opaque             // introspected
	bound              // JWT with a proof
	kinds
)

func (k kind) String() string { return [...]string{"JWT", "opaque", "DPoP"}[k] }

// expectation is what the answer to a request must be.
type expectation int

const (
	good    expectation = iota // 200
	bad                        // 401 for an expired or forged token
	paired                     // 200 for at most one of two simultaneous requests with the same new proof
	replay                     // 200 for at most one of all requests with the same proof
	revoked                    // 200 before the revocation, 401 after it
)

func (e expectation) String() string {
	return [...]string{"good", "expired or forged", "paired", "replayed", "revoked"}[e]
}

// event is a request and its answer. All times count from the start of the run.
type event struct {
	kind   kind
	want   expectation
	proof  int64         // number of the proof
	dated  time.Duration // iat of the proof
	victim int           // index of the revoked token

	sent   time.Duration
	took   time.Duration
	status int // 0 without an answer
	server int // number of the process that answered, or noServer
}

// noServer means that no process answered.
const noServer = -1

// victim is a token that is revoked.
type victim struct {
	kind         kind
	asked, acked time.Duration // when the revocation began and when the feed acknowledged it; 0 means not yet
}

// recording contains the requests of a run, the revoked tokens, and the
// introspections of the opaque tokens in the load.
type recording struct {
	mu      sync.Mutex
	events  []event
	victims []victim
	calls   []call
}

// call is an introspection of one of the opaque tokens in the load.
type call struct {
	token int
	at    time.Duration
}

func (r *recording) add(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}
