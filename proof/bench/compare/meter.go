package main

import (
	"runtime"
	"slices"
	"time"
)

// meter configures the measurement.
type meter struct {
	rounds  int
	slice   time.Duration // how long each operation is repeated in a round
	tokens  int           // number of tokens that are sent repeatedly
	million int           // number of draws from a million tokens
}

// times contains the average time of one call in each round, in nanoseconds.
type times []float64

// measure runs the operations in turns. In every round, it repeats each
// operation for the duration m.slice.
func (m meter) measure(ops ...func()) []times {
	found, batches := make([]times, len(ops)), make([]int, len(ops))
	for i, op := range ops {
		batches[i] = batchOf(op)
	}
	for range m.rounds {
		for i, op := range ops {
			found[i] = append(found[i], repeat(op, batches[i], m.slice))
		}
	}
	return found
}

// batchOf returns how often an operation is called between two reads of the
// clock. For a quick operation, reading the clock after each call would take
// longer than the operation.
func batchOf(op func()) int {
	for n := 1; ; n *= 2 {
		began := time.Now()
		for range n {
			op()
		}
		if time.Since(began) > 200*time.Microsecond {
			return n
		}
	}
}

func repeat(op func(), batch int, slice time.Duration) float64 {
	calls, began := 0, time.Now()
	for {
		for range batch {
			op()
		}
		calls += batch
		if spent := time.Since(began); spent >= slice {
			return float64(spent.Nanoseconds()) / float64(calls)
		}
	}
}

func (t times) median() float64 {
	sorted := slices.Sorted(slices.Values(t))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// over computes the ratio of t to base for each round, and returns the median
// of these ratios.
func (t times) over(base times) float64 {
	ratios := make(times, len(t))
	for i := range t {
		ratios[i] = t[i] / base[i]
	}
	return ratios.median()
}

// minus subtracts base from t, for each round.
func (t times) minus(base times) times {
	rest := make(times, len(t))
	for i := range t {
		rest[i] = t[i] - base[i]
	}
	return rest
}

// memory returns how many bytes and objects one call allocates on average.
func memory(op func()) (bytes, allocs float64) {
	const calls = 500
	op()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		op()
	}
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / calls, float64(after.Mallocs-before.Mallocs) / calls
}

// heap returns the size of the live heap in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return float64(now.HeapAlloc)
}
