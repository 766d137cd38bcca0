package middleware

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// maxProofs limits the proofs of one key in one period, so that one client
// cannot fill the store of replay marks. It is a tenth of the default size of
// that store.
const maxProofs = 100_000

// quota counts the proofs of each key. Keys share counters, so that memory is
// fixed: a key is over its limit only if all its counters are, and the random
// seeds keep clients from choosing keys that share the counters of others.
type quota struct {
	period  time.Duration
	current atomic.Pointer[counters]
}

type counters struct {
	began time.Time
	seeds [2]maphash.Seed
	rows  [2][1 << 13]atomic.Uint32
}

// newQuota returns a quota that starts again after each period.
func newQuota(period time.Duration) *quota { return &quota{period: period} }

// take counts a proof of a key, and reports whether the key is within its
// limit.
func (q *quota) take(thumbprint string, now time.Time) bool {
	c := q.current.Load()
	if c == nil || now.Sub(c.began) >= q.period {
		fresh := &counters{began: now, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
		if q.current.CompareAndSwap(c, fresh) {
			c = fresh
		} else {
			c = q.current.Load()
		}
	}
	within := false
	for i := range c.rows {
		at := maphash.String(c.seeds[i], thumbprint) % uint64(len(c.rows[i]))
		if c.rows[i][at].Add(1) <= maxProofs {
			within = true
		}
	}
	return within
}
