package main

import (
	"net/http"
	"time"
)

// verdict classifies an answer.
type verdict int

const (
	right verdict = iota
	excused
	wrongRejection
	wrongAcceptance
)

// answer is an answer of the API, with everything that determines its verdict.
type answer struct {
	wantStatus int       // the expected status for a hostile token, 0 for a good token
	sent       time.Time // when the request was sent
	status     int       // 0 if there was no answer

	// For a good token, these fields describe the key that signed it.
	published time.Time
	cached    bool // before the request was sent, a token signed with the same key had been accepted
}

// outage is a time in which the key set is unavailable due to a fault.
type outage struct {
	began time.Time
	ended time.Time     // zero while it lasts
	grace time.Duration // how long after the end the verifier may still lack the set
}

func (o outage) covers(sent time.Time) bool {
	return o.ended.IsZero() || sent.Before(o.ended.Add(o.grace))
}

// judge classifies an answer, given the last outages before it.
func judge(a answer, outages []outage) verdict {
	accepted := a.status >= 200 && a.status <= 299
	switch {
	case accepted && a.wantStatus == 0:
		return right
	case accepted:
		return wrongAcceptance
	case a.wantStatus != 0 && a.status == a.wantStatus:
		return right
	case a.status == http.StatusServiceUnavailable && isExcused(a, outages):
		return excused
	}
	return wrongRejection
}

// isExcused reports whether an outage excuses a 503. An outage excuses a 503
// for a hostile token. It excuses a 503 for a good token only if the verifier
// may lack the token's key.
//
// The verifier has the key if one of the key's tokens was accepted before. It
// also has all keys that were published before the outage, because an outage
// begins only when the verifier has all published keys.
func isExcused(a answer, outages []outage) bool {
	for _, o := range outages {
		if o.covers(a.sent) && (a.wantStatus != 0 || !a.cached && !a.published.Before(o.began)) {
			return true
		}
	}
	return false
}
