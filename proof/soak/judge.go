package main

import (
	"net/http"
	"time"
)

// verdict is what an answer turned out to be.
type verdict int

const (
	right verdict = iota
	excused
	wrongRejection
	wrongAcceptance
)

// answer is one answer of the API, with all that its verdict depends on.
type answer struct {
	due    int       // the status of the refusal that is due to a hostile token, 0 for a good token
	sent   time.Time // the request
	status int       // 0 when none came

	// Of the key of a good token:
	published time.Time
	known     bool // a token of it had been accepted when the request was sent
}

// outage is a time in which a fault keeps the key set away.
type outage struct {
	began     time.Time
	ended     time.Time     // zero while it goes on
	aftermath time.Duration // in which the verifier may still be without the set
}

func (o outage) covers(sent time.Time) bool {
	return o.ended.IsZero() || sent.Before(o.ended.Add(o.aftermath))
}

// judge decides about an answer, given the outages before it came.
func judge(a answer, outages []outage) verdict {
	accepted := a.status >= 200 && a.status <= 299
	switch {
	case accepted && a.due == 0:
		return right
	case accepted:
		return wrongAcceptance
	case a.due != 0 && a.status == a.due:
		return right
	case a.status == http.StatusServiceUnavailable && isExcused(a, outages):
		return excused
	}
	return wrongRejection
}

// isExcused reports whether the verifier could not know what it needed. What
// has been accepted once is known; a key that was published before an outage
// was accepted before it, since outages wait for that.
func isExcused(a answer, outages []outage) bool {
	for _, o := range outages {
		if o.covers(a.sent) && (a.due != 0 || !a.known && !a.published.Before(o.began)) {
			return true
		}
	}
	return false
}
