package introspect

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Limits on queries while the server fails.
const (
	maxFailures   = 5           // the client backs off after this many failures that count as evidence, without a valid answer in between
	backoff       = timeout     // duration of a back-off, in which no queries are made
	checkInterval = time.Second // minimum time between two calls of checkServer
)

// class tells whether a token was active before the current query. An attacker
// can make up tokens that were never seen, but not tokens that were active.
type class int

const (
	unseen class = iota
	seenActive
	classes // number of classes
)

// history is what the client knows about a token before a query.
type history struct {
	class   class
	counted bool // a failure has counted as evidence since the token was last active; further failures do not count, because the token may have been revoked
}

// health is the circuit breaker. It also limits the queries in flight. A
// failure is evidence against the server only if the token is probably not the
// cause of the failure. A token that was active counts only once until it is
// active again, because it may have been revoked. Otherwise an attacker could
// block all other callers with one token that the server, or a firewall in
// front of it, rejects.
type health struct {
	mu            sync.Mutex
	inFlight      [classes]int
	answered      bool         // whether the server has ever given a valid answer
	failed        []hash       // evidence since the last valid answer or back-off: the hash of each token once, and a zero hash for each query that was not sent
	suspicious    int          // since the last valid answer or back-off, failures that would be evidence if their tokens had been active before and had not counted
	lastCheck     time.Time    // when checkServer was last called
	retryAt       time.Time    // end of the back-off, after which probes are made; zero before the first back-off and after a valid answer
	probes        [classes]int // queries in flight that probe the server after the back-off
	probeLimit    [classes]int // maximum number of probes: one at first, doubled after each inconclusive probe
	everBackedOff bool         // whether the client has ever backed off
}

// query is a query in flight.
type query struct {
	health *health
	history
	token    hash
	probe    time.Time // for a probe, health.retryAt at the start of the query; otherwise zero
	once     sync.Once
	counts   bool
	evidence bool // the token was sent, and the failure counted as evidence against the server
}

// begin reserves one of the maxCalls slots for a query, or returns an error.
// Tokens that were never active get at most half of the slots. During the
// back-off, begin refuses all queries. After the back-off, it admits one query
// as a probe, which tests whether the server works again. Tokens that were
// active have a separate probe, which made-up tokens cannot block. A probe is
// inconclusive if it failed and its token may be the cause. After each
// inconclusive probe, begin admits twice as many probes, so that other queries
// are not blocked for long.
func (h *health) begin(s history, token hash) (*query, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := s.class
	probe := !h.retryAt.IsZero()
	switch {
	case h.inFlight[unseen]+h.inFlight[seenActive] >= maxCalls, c == unseen && h.inFlight[unseen] >= maxCalls/2:
		return nil, errBusy
	case probe && (time.Now().Before(h.retryAt) || h.probes[c] >= h.probeLimit[c]):
		return nil, errBreaker // the failures are already in the log
	}
	h.inFlight[c]++
	if probe {
		h.probes[c]++
	}
	return &query{health: h, history: s, token: token, probe: h.retryAt}, nil
}

// settle records the outcome of a query. Only the first call for the query has
// an effect. settle returns false if the query failed and the token may be the
// cause. It returns true for all other outcomes.
func (q *query) settle(err error) bool {
	q.once.Do(func() {
		h := q.health
		h.mu.Lock()
		defer h.mu.Unlock()
		probe := !q.probe.IsZero() && q.probe.Equal(h.retryAt) // false for a probe that began after an earlier back-off
		if probe {
			h.probes[q.class]--
		}
		q.counts = true
		switch {
		case err == nil:
			h.answered, h.failed, h.suspicious, h.retryAt = true, nil, 0, time.Time{}
			return
		case isUnsent(err):
			h.failed = append(h.failed, hash{})
		case !q.counted && h.isEvidence(q.class, err):
			if q.evidence = true; !slices.Contains(h.failed, q.token) {
				h.failed = append(h.failed, q.token)
			}
		default:
			if q.counts = false; h.isEvidence(seenActive, err) {
				h.suspicious++
			}
			if probe {
				h.probeLimit[q.class] = min(2*h.probeLimit[q.class], maxCalls)
			}
			return
		}
		if probe || len(h.failed) >= maxFailures {
			h.backOff()
		}
	})
	return q.counts
}

// checkFailed starts a back-off, unless one has begun since the last valid
// answer. It is called after checkServer, if for each recently active token a
// failure has counted as evidence.
func (h *health) checkFailed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.retryAt.IsZero() {
		h.backOff()
	}
}

func (h *health) backOff() {
	h.retryAt, h.failed, h.suspicious, h.everBackedOff = time.Now().Add(backoff), nil, 0, true
	h.probes, h.probeLimit = [classes]int{}, [classes]int{unseen: 1, seenActive: 1}
}

// release frees the slot that begin reserved.
func (q *query) release() {
	q.health.mu.Lock()
	defer q.health.mu.Unlock()
	q.health.inFlight[q.class]--
}

// isUnsent returns true only if a query failed before the token was sent. It
// returns false for some of these failures, such as a failed TLS handshake.
func isUnsent(err error) bool {
	for _, before := range [...]error{errMetadata, errOwnToken, fetch.ErrConnect, fetch.ErrName} {
		if errors.Is(err, before) {
			return true
		}
	}
	return false
}

// isEvidence reports whether a failure was caused by the server, the network or
// the client's credentials, rather than by the token.
func (h *health) isEvidence(c class, err error) bool {
	refused, isStatus := errors.AsType[fetch.StatusError](err)
	switch {
	case errors.Is(err, errInvalidClient):
		return c == seenActive || !h.answered && !h.everBackedOff // for unseen tokens only once: otherwise made-up tokens could cause repeated back-offs
	case c == unseen:
		return false
	case isStatus:
		return refused.Status == http.StatusTooManyRequests || refused.Status > http.StatusInternalServerError
	}
	return !errors.Is(err, errAnswer) && !errors.Is(err, errPanic) && !errors.Is(err, fetch.ErrTooLarge)
}

// checkIsDue reports whether checkServer should be called. This is the case
// after a back-off, or if enough queries for tokens that may be made up have
// failed. It returns true at most once per checkInterval.
func (h *health) checkIsDue() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.suspicious < maxFailures && h.retryAt.IsZero() || now.Before(h.retryAt) || now.Sub(h.lastCheck) < checkInterval {
		return false
	}
	h.lastCheck = now
	return true
}

// hasAnswered reports whether the server has ever given a valid answer.
func (h *health) hasAnswered() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answered
}
