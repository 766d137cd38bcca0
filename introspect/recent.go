package introspect

import (
	"slices"
	"sync"
	"time"
)

// activeToken is a token that was active. The expiry is zero if the answer had
// no exp.
type activeToken struct {
	hash   hash
	token  string
	expiry time.Time
}

// activeTokens stores the five most recently active tokens. One token is not
// enough, because this token may have been revoked.
type activeTokens struct {
	mu   sync.Mutex
	last []activeToken
}

func (w *activeTokens) add(one activeToken) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = slices.DeleteFunc(w.last, func(other activeToken) bool { return other.hash == one.hash })
	w.last = append(w.last, one)
	if len(w.last) > maxFailures {
		w.last = slices.Delete(w.last, 0, 1)
	}
}

func (w *activeTokens) list(now time.Time) []activeToken {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.last), func(one activeToken) bool { return !one.expiry.IsZero() && !now.Before(one.expiry) })
}
