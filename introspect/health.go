package introspect

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Bounds of what is asked while the server does not do well.
const (
	maxFailures = 5       // that are evidence, since the last answer, before the server is left alone
	backoff     = timeout // for which it is

	checkInterval = time.Second // the least between two questions that are asked because of a doubt
)

// class is what is known of a token before it is asked about. Anybody can make
// up tokens that are unseen; nobody can make up one that was active.
type class int

const (
	unseen class = iota
	seenActive
	classes // how many there are
)

// health is what is known of the server, and a bound on the questions under way.
// A failure is evidence against the server only if the token cannot be the
// reason: whoever finds a token that the server, or a firewall before it, chokes
// on must not be able to cut the others off.
type health struct {
	mu       sync.Mutex
	inFlight [classes]int
	answered bool              // ever, in a way that we understood
	unsent   int               // failures since the last answer before the token was sent
	failed   map[hash]struct{} // tokens whose failures since the last answer are evidence
	doubtful int               // failures since then that would be evidence, had the token been active before
	checked  time.Time         // when the server was last asked about one that was
	retryAt  time.Time         // when the server, being left alone, is asked again; zero if it does well
	probing  [classes]bool     // whether one question is out to see whether it does well again
}

// question is one that is being asked.
type question struct {
	health  *health
	class   class
	token   hash
	probe   bool // asked because the server may do well again
	doubted bool // asked because the server fails on tokens that may be the reason
	once    sync.Once
	counts  bool
}

// begin asks for room for a question. Tokens that are unseen get half of it. A
// server that is left alone gets none; afterwards it gets one of each class, so
// that no unseen token takes the place of one that was active.
func (h *health) begin(c class, token hash, doubted bool) (*question, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	probe := !h.retryAt.IsZero()
	switch {
	case h.inFlight[unseen]+h.inFlight[seenActive] >= maxCalls, c == unseen && h.inFlight[unseen] >= maxCalls/2:
		return nil, errBusy
	case probe && (time.Now().Before(h.retryAt) || h.probing[c]):
		return nil, errBreaker // the failures before it have been logged
	}
	h.inFlight[c]++
	h.probing[c] = h.probing[c] || probe
	return &question{health: h, class: c, token: token, probe: probe, doubted: doubted}, nil
}

// settle notes the outcome, the first time it is called, and reports whether it
// speaks for or against the server.
func (q *question) settle(err error) bool {
	q.once.Do(func() {
		h := q.health
		h.mu.Lock()
		defer h.mu.Unlock()
		if q.probe {
			h.probing[q.class] = false
		}
		q.counts = true
		switch {
		case err == nil:
			h.answered, h.unsent, h.failed, h.doubtful, h.retryAt = true, 0, nil, 0, time.Time{}
			return
		case isUnsent(err):
			h.unsent++
		case h.isEvidence(q.class, err):
			if h.failed == nil {
				h.failed = make(map[hash]struct{})
			}
			h.failed[q.token] = struct{}{} // at most as many as are in flight
		default:
			if q.counts = false; h.isEvidence(seenActive, err) {
				h.doubtful++
			}
			return
		}
		if q.doubted || h.unsent+len(h.failed) >= maxFailures {
			h.retryAt = time.Now().Add(backoff)
		}
	})
	return q.counts
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
		return c == seenActive || !h.answered
	case c == unseen:
		return false
	case isStatus:
		return refused.Status == http.StatusTooManyRequests || refused.Status > http.StatusInternalServerError
	}
	return !errors.Is(err, errAnswer) && !errors.Is(err, errPanic) && !errors.Is(err, fetch.ErrTooLarge)
}

// inDoubt reports whether it is time to ask about a token that was active,
// because the server fails on others.
func (h *health) inDoubt() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.doubtful < maxFailures || !h.retryAt.IsZero() || now.Sub(h.checked) < checkInterval {
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
