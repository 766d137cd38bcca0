package dpop_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

func TestMemoryStoresOneEntryPerKey(t *testing.T) {
	m := dpop.NewMemory(0)
	until := time.Now().Add(time.Hour)
	for i := range 100 {
		wantFirst(t, m, key(i), until, true)
	}
	for i := range 100 {
		wantFirst(t, m, key(i), until, false)
	}
}

func TestTheZeroMemoryIsReady(t *testing.T) {
	var m dpop.Memory
	until := time.Now().Add(time.Hour)
	wantFirst(t, &m, key(1), until, true)
	wantFirst(t, &m, key(1), until, false)
}

func TestMemoryEntriesLastUntilTheirTime(t *testing.T) {
	for _, lifetime := range []time.Duration{
		0, 1, time.Millisecond, time.Second - 1, time.Second, time.Second + 1, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second,
		10 * time.Second, 63 * time.Second, 64 * time.Second, 75 * time.Second, 5 * time.Minute, 10*time.Minute + 1, time.Hour, 1000 * time.Hour,
	} {
		for _, offset := range []time.Duration{0, 1, 400 * time.Millisecond, time.Second - 1, 31 * time.Second} {
			t.Run(fmt.Sprintf("%v from %v", lifetime, offset), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(offset)
					m, until := dpop.NewMemory(0), time.Now().Add(lifetime)
					wantFirst(t, m, key(1), until, true)
					wantFirst(t, m, key(1), until, false)
					time.Sleep(lifetime)
					wantFirst(t, m, key(1), until, false) // the entry is still valid at exactly this time
					wantFirst(t, m, key(1), until.Add(time.Hour), false)
				})
			})
		}
	}
}

// Expired replay entries must be deleted, because other proofs need their
// memory.
func TestMemoryForgetsEntries(t *testing.T) {
	for _, lifetime := range []time.Duration{0, time.Second, 10 * time.Second, 75 * time.Second, 5 * time.Minute, time.Hour} {
		for _, offset := range []time.Duration{0, 1, 400 * time.Millisecond, 31 * time.Second} {
			t.Run(fmt.Sprintf("%v from %v", lifetime, offset), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(offset)
					m := dpop.NewMemory(1)
					wantFirst(t, m, key(1), time.Now().Add(lifetime), true)
					time.Sleep(lifetime + lifetime/2 + 2*time.Second)
					wantFirst(t, m, key(2), time.Now(), true)
				})
			})
		}
	}
}

// A replay entry must not expire too early, even if its bucket already contains
// older entries.
func TestMemoryEntriesOfOneBucketLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := dpop.NewMemory(0)
		var untils []time.Time
		for i := range 3000 {
			lifetime := time.Duration(i%120)*time.Second + 75*time.Second
			untils = append(untils, time.Now().Add(lifetime))
			wantFirst(t, m, key(i), untils[i], true)
			time.Sleep(50 * time.Millisecond)
			for j := max(0, i-2000); j <= i; j += 97 {
				if !untils[j].Before(time.Now()) {
					wantFirst(t, m, key(j), untils[j], false)
				}
			}
		}
	})
}

func TestAnotherUntilIsAReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := dpop.NewMemory(0)
		lifetimes := []time.Duration{time.Second, 40 * time.Second, time.Minute, 5 * time.Minute, time.Hour, 1e6 * time.Hour}
		for i, first := range lifetimes {
			now := time.Now()
			wantFirst(t, m, key(i), now.Add(first), true)
			for _, again := range lifetimes {
				wantFirst(t, m, key(i), now.Add(again), false)
			}
		}
		for i, lifetime := range lifetimes {
			time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(lifetime)))
			wantFirst(t, m, key(i), time.Now().Add(time.Hour), false) // the replays did not shorten the lifetimes
		}
	})
}

// In keycloak#43505, an entry that expired at once allowed a replay.
func TestMemoryRefusesATimeThatHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := dpop.NewMemory(0)
		for _, ago := range []time.Duration{1, time.Second, time.Hour, 1e6 * time.Hour} {
			for range 2 {
				first, err := m.First(t.Context(), key(1), time.Now().Add(-ago))
				if first || err == nil || errors.Is(err, dpop.ErrFull) {
					t.Errorf("%v ago: got %t and %v, want false and an error that is not ErrFull", ago, first, err)
				}
			}
		}
		if first, err := m.First(t.Context(), key(1), time.Time{}); first || err == nil {
			t.Errorf("the zero time: got %t and %v, want false and an error", first, err)
		}
		wantFirst(t, m, key(1), time.Now(), true)
	})
}

func TestAFullMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := dpop.NewMemory(10)
		full := func(n int) {
			t.Helper()
			if first, err := m.First(t.Context(), key(n), time.Now().Add(time.Hour)); first || !errors.Is(err, dpop.ErrFull) {
				t.Errorf("got %t and %v, want false and ErrFull", first, err)
			}
		}
		for i := range 10 {
			until := time.Now().Add(time.Duration(i/5+1) * time.Minute) // in two buckets
			wantFirst(t, m, key(i), until, true)
		}
		full(10)
		full(10) // the previous call has not stored an entry
		for i := range 10 {
			wantFirst(t, m, key(i), time.Now().Add(time.Hour), false) // a replay is recognized, and no entry was evicted
		}
		time.Sleep(100 * time.Second) // the one-minute entries have expired
		for i := 10; i < 15; i++ {
			wantFirst(t, m, key(i), time.Now().Add(time.Hour), true)
		}
		full(15)
		for i := 5; i < 15; i++ {
			wantFirst(t, m, key(i), time.Now().Add(time.Hour), false)
		}
	})
}

// numbered returns a different key for each number. It is faster than the key
// function.
func numbered(n int) (key [32]byte) {
	binary.BigEndian.PutUint64(key[:], uint64(n)*0x9e3779b97f4a7c15)
	return key
}

func TestAMemoryOfANegativeSizeIsFull(t *testing.T) {
	if first, err := dpop.NewMemory(-1).First(t.Context(), key(1), time.Now().Add(time.Hour)); first || !errors.Is(err, dpop.ErrFull) {
		t.Errorf("got %t and %v, want false and ErrFull", first, err)
	}
}

func TestOneOfManyConcurrentCallsIsFirst(t *testing.T) {
	m := dpop.NewMemory(0)
	until := time.Now().Add(time.Hour)
	for i := range 100 {
		var count atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if first, err := m.First(t.Context(), key(i), until); err != nil {
					t.Errorf("got %v, want no error", err)
				} else if first {
					count.Add(1)
				}
			})
		}
		all.Wait()
		if got := count.Load(); got != 1 {
			t.Errorf("got true %d times, want once", got)
		}
	}
}

// lastTime is the last second that a time.Time can represent.
var lastTime = time.Unix(math.MaxInt64+time.Time{}.Unix(), 0)

// Unusual expiry times must not lead to many buckets, because these would slow
// down all calls.
func TestMemoryHasFewBuckets(t *testing.T) {
	for name, tt := range map[string]struct {
		most  int
		until func(i int, now time.Time) time.Time
	}{
		"one lifetime":             {5, func(_ int, now time.Time) time.Time { return now.Add(75 * time.Second) }},
		"any time in five minutes": {29, func(i int, now time.Time) time.Time { return now.Add(time.Duration(i%300) * time.Second) }},
		"doubled lifetimes":        {128, func(i int, now time.Time) time.Time { return time.Unix(now.Unix()+1<<(i%63), 0) }},
		"doubled and other lifetimes": {128, func(i int, now time.Time) time.Time {
			return time.Unix(now.Unix()+int64(uint64(i)*0x9e3779b97f4a7c15>>(1+i%63)), 0)
		}},
		"the last time": {1, func(int, time.Time) time.Time { return lastTime }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, most := dpop.NewMemory(0), 0
				for i := range 10_000 {
					until := tt.until(i, time.Now())
					if until.Before(time.Now()) {
						continue // the sum overflows
					}
					wantFirst(t, m, key(i), until, true)
					wantFirst(t, m, key(i), until, false)
					most = max(most, m.Buckets())
					time.Sleep(137 * time.Millisecond)
				}
				if most < 1 || most > tt.most {
					t.Errorf("got %d buckets, want at least one and at most %d", most, tt.most)
				}
			})
		})
	}
}

// This test measures the whole heap, so an earlier test may add a little.
func TestAMillionEntriesFitInto64MiB(t *testing.T) {
	for name, tt := range map[string]struct {
		open func() *dpop.Memory
		step time.Duration // interval between expiry times
	}{
		"in one bucket":      {func() *dpop.Memory { return dpop.NewMemory(0) }, 1},
		"in several buckets": {func() *dpop.Memory { return new(dpop.Memory) }, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				before := heap()
				m, began := tt.open(), time.Now().Add(time.Hour)
				for i := range 1_000_000 {
					until := began.Add(time.Duration(i%97) * tt.step)
					if first, err := m.First(t.Context(), numbered(i), until); !first || err != nil {
						t.Fatalf("entry %d: got %t and %v, want true", i, first, err)
					}
				}
				used := heap() - before
				t.Logf("%d buckets, %.1f MiB", m.Buckets(), float64(used)/(1<<20))
				if used > 64<<20 || used < 16_000_000 {
					t.Errorf("got %d bytes, want at least 16 MB and at most 64 MiB", used)
				}
				if _, err := m.First(t.Context(), numbered(1_000_000), began); !errors.Is(err, dpop.ErrFull) {
					t.Errorf("got %v after a million entries, want ErrFull", err)
				}
			}
		})
	}
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // memory that the first call freed may still be counted
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestAReplayAllocatesNothing(t *testing.T) {
	m, used := dpop.NewMemory(0), key(1)
	until := time.Now().Add(time.Hour)
	wantFirst(t, m, used, until, true)
	if got := testing.AllocsPerRun(100, func() { _, _ = m.First(t.Context(), used, until) }); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func BenchmarkMemory(b *testing.B) {
	b.Run("first", func(b *testing.B) { // in four buckets
		b.ReportAllocs()
		m, now, i := dpop.NewMemory(1<<40), time.Now(), 0
		for b.Loop() {
			if i%1_000_000 == 0 {
				m = dpop.NewMemory(0)
			}
			until := now.Add(time.Hour + time.Duration(i%4)*20*time.Minute)
			if first, err := m.First(b.Context(), numbered(i), until); !first || err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("replay", func(b *testing.B) {
		b.ReportAllocs()
		m, until, i := dpop.NewMemory(0), time.Now().Add(time.Hour), 0
		for n := range 1_000_000 {
			_, _ = m.First(b.Context(), numbered(n), until.Add(time.Duration(n%4)*20*time.Minute))
		}
		for b.Loop() {
			if first, err := m.First(b.Context(), numbered(i%1_000_000), until); first || err != nil {
				b.Fatal(first, err)
			}
			i++
		}
	})
	b.Run("full", func(b *testing.B) {
		b.ReportAllocs()
		m, until := dpop.NewMemory(1), time.Now().Add(time.Hour)
		_, _ = m.First(b.Context(), numbered(0), until)
		for b.Loop() {
			_, _ = m.First(b.Context(), numbered(1), until)
		}
	})
}

// One client must not fill the memory for all others. Replays do not count
// toward the limit of a client.
func TestOneClientHasAQuarterOfTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, until := dpop.NewMemory(40), time.Now().Add(time.Minute)
		first := func(client string, n int) (bool, error) { return m.FirstOf(t.Context(), client, key(n), until) }
		for n := range 10 {
			for _, want := range []bool{true, false} {
				if got, err := first("busy", n); got != want || err != nil {
					t.Errorf("entry %d: got %t and %v, want %t", n, got, err, want)
				}
			}
		}
		if got, err := first("busy", 10); got || !errors.Is(err, dpop.ErrQuota) {
			t.Errorf("got %t and %v, want ErrQuota", got, err)
		}
		if got, err := first("busy", 3); got || err != nil {
			t.Errorf("got %t and %v for a replay, want false", got, err)
		}
		if got, err := first("other", 10); !got || err != nil {
			t.Errorf("got %t and %v for another client, want true", got, err)
		}
		if got, err := first("", 11); !got || err != nil {
			t.Errorf("got %t and %v without a client, want true", got, err)
		}
		time.Sleep(2 * time.Minute)
		until = time.Now().Add(time.Minute)
		if got, err := first("busy", 10); !got || err != nil {
			t.Errorf("got %t and %v after the entries expired, want true", got, err)
		}
	})
}
