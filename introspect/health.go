package introspect

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Limits on questions while the server fails.
const (
	maxFailures   = 5           // failures without an answer in between that count as evidence; then the server is left alone
	backoff       = timeout     // how long it is left alone
	checkInterval = time.Second // the least time between two checks of its health
)

// class is what is known of a token before it is asked about. Anybody can make
// up tokens that are unseen; nobody can make up one that was active.
type class int

const (
	unseen class = iota
	seenActive
	classes // how many there are
)

// standing is what a token's past is worth.
type standing struct {
	class class
	spent bool // it has spoken against the server since it was last active, which it may do once: it may have ended
}

// health is what is known of the server, and a bound on the questions under way.
// A failure is evidence against the server only if the token cannot be the cause.
// Otherwise an attacker with one token that the server, or a firewall in front of
// it, rejects could cut off everybody else.
type health struct {
	mu       sync.Mutex
	inFlight [classes]int
	answered bool         // ever, in a way that we understood
	failed   []hash       // evidence since the last answer: each token once, and a zero hash for each that was not sent
	suspect  int          // failures since then that would be evidence, had the token been active before
	checked  time.Time    // when the server was last asked about some that were
	retryAt  time.Time    // when the server, being left alone, is asked again; zero if it does well
	probes   [classes]int // questions that are out since then to see whether it does well again
	places   [classes]int // how many there may be: one at first, twice as many after each that showed nothing
	spared   bool         // whether it was ever left alone
}

// question is one that is being asked.
type question struct {
	health *health
	standing
	token    hash
	probe    time.Time // of a probe, the retryAt that let it through
	once     sync.Once
	counts   bool
	evidence bool // by the token
}

// begin asks for room for a question. Tokens that are unseen get half of it. A
// server that is left alone gets none; afterwards it gets one of each class, so
// that no unseen token takes the place of one that was active, and then more, so
// that none takes it for long that shows nothing.
func (h *health) begin(s standing, token hash) (*question, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := s.class
	probe := !h.retryAt.IsZero()
	switch {
	case h.inFlight[unseen]+h.inFlight[seenActive] >= maxCalls, c == unseen && h.inFlight[unseen] >= maxCalls/2:
		return nil, errBusy
	case probe && (time.Now().Before(h.retryAt) || h.probes[c] >= h.places[c]):
		return nil, errBreaker // the failures before it have been logged
	}
	h.inFlight[c]++
	if probe {
		h.probes[c]++
	}
	return &question{health: h, standing: s, token: token, probe: h.retryAt}, nil
}

// settle notes the outcome, the first time it is called, and reports whether it
// speaks for or against the server.
func (q *question) settle(err error) bool {
	q.once.Do(func() {
		h := q.health
		h.mu.Lock()
		defer h.mu.Unlock()
		probe := !q.probe.IsZero() && q.probe.Equal(h.retryAt) // of this time, not of an earlier one
		if probe {
			h.probes[q.class]--
		}
		q.counts = true
		switch {
		case err == nil:
			h.answered, h.failed, h.suspect, h.retryAt = true, nil, 0, time.Time{}
			return
		case isUnsent(err):
			h.failed = append(h.failed, hash{})
		case !q.spent && h.isEvidence(q.class, err):
			if q.evidence = true; !slices.Contains(h.failed, q.token) {
				h.failed = append(h.failed, q.token)
			}
		default:
			if q.counts = false; h.isEvidence(seenActive, err) {
				h.suspect++
			}
			if probe {
				h.places[q.class] = min(2*h.places[q.class], maxCalls)
			}
			return
		}
		if probe || len(h.failed) >= maxFailures {
			h.backOff()
		}
	})
	return q.counts
}

// leaveAlone is for a server that failed on all the tokens that it was asked about
// to see how it does.
func (h *health) leaveAlone() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.retryAt.IsZero() {
		h.backOff()
	}
}

func (h *health) backOff() {
	h.retryAt, h.failed, h.suspect, h.spared = time.Now().Add(backoff), nil, 0, true
	h.probes, h.places = [classes]int{}, [classes]int{unseen: 1, seenActive: 1}
}

// leave gives the room back.
func (q *question) leave() {
	q.health.mu.Lock()
	defer q.health.mu.Unlock()
	q.health.inFlight[q.class]--
}

// isUnsent reports whether a question failed before the server was told the
// token.
func isUnsent(err error) bool {
	for _, before := range [...]error{errMetadata, errOwnToken, fetch.ErrConnect, fetch.ErrName} {
		if errors.Is(err, before) {
			return true
		}
	}
	return false
}

// isEvidence reports whether a failure speaks against the server, or against our
// access to it, rather than against the token that was asked about.
func (h *health) isEvidence(c class, err error) bool {
	refused, isStatus := errors.AsType[fetch.StatusError](err)
	switch {
	case errors.Is(err, errInvalidClient):
		return c == seenActive || !h.answered && !h.spared // else such an answer to invented tokens would be enough for ever
	case c == unseen:
		return false
	case isStatus:
		return refused.Status == http.StatusTooManyRequests || refused.Status > http.StatusInternalServerError
	}
	return !errors.Is(err, errAnswer) && !errors.Is(err, errPanic) && !errors.Is(err, fetch.ErrTooLarge)
}

// checkIsDue reports whether it is time to ask about tokens that were active,
// because the server fails on others.
func (h *health) checkIsDue() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.suspect < maxFailures && h.retryAt.IsZero() || now.Before(h.retryAt) || now.Sub(h.checked) < checkInterval {
		return false
	}
	h.checked = now
	return true
}

// hasAnswered reports whether the server ever gave an answer that we understood.
func (h *health) hasAnswered() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answered
}
