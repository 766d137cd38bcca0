package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// fineness is the number of buckets between two successive powers of two (in
// nanoseconds). A quantile is therefore at most one sixteenth too high.
const fineness = 16

// histogram counts durations in constant space. It is safe for concurrent use.
type histogram struct {
	counts [64 * fineness]atomic.Int64
}

func (h *histogram) add(d time.Duration) { h.counts[bucket(d)].Add(1) }

func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	shift := max(0, bits.Len64(n)-5)
	return shift*fineness + int(n>>shift) //nolint:gosec // n>>shift is below 32
}

// limit returns the exclusive upper bound of a bucket.
func limit(bucket int) time.Duration {
	shift := max(0, bucket/fineness-1)
	return time.Duration(bucket-shift*fineness+1) << shift
}

// quantile returns an upper bound for the quantile q, which is between 0 and 1.
// It returns 0 if the histogram is empty.
func (h *histogram) quantile(q float64) time.Duration {
	var total, seen int64
	for i := range h.counts {
		total += h.counts[i].Load()
	}
	for i := range h.counts {
		seen += h.counts[i].Load()
		if total > 0 && float64(seen) >= q*float64(total) {
			return limit(i)
		}
	}
	return 0
}
