package introspect

import (
	"slices"
	"sync"
	"time"
)

// witness is a token that was active, and when it ends; zero if nobody knows.
type witness struct {
	hash   hash
	token  string
	expiry time.Time
}

// witnesses are the last tokens that were active: several, since any one of them
// may have been revoked.
type witnesses struct {
	mu   sync.Mutex
	last []witness
}

func (w *witnesses) add(one witness) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = slices.DeleteFunc(w.last, func(other witness) bool { return other.hash == one.hash })
	w.last = append(w.last, one)
	if len(w.last) > maxFailures {
		w.last = slices.Delete(w.last, 0, 1)
	}
}

func (w *witnesses) list(now time.Time) []witness {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.last), func(one witness) bool { return !one.expiry.IsZero() && !now.Before(one.expiry) })
}
