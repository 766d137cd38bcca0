package dpop

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"time"
)

// Memory is a [Replay] that stores replay entries in the memory of this
// process. Other processes cannot read the entries, and a restart deletes them.
// The zero value has room for 1 000 000 entries. A Memory is safe for
// concurrent use.
//
// A Memory stores 16 of the 32 bytes of a key in Go maps. Each map has a random
// seed, so that an attacker cannot choose keys that collide in the map. An
// attacker can find two keys with the same 16 bytes by trying 2⁶⁴ hashes. The
// Memory then refuses only the attacker's own proofs, because the hash covers
// the thumbprint of the client's key.
type Memory struct {
	limit int // 0 means defaultEntries

	mu      sync.Mutex
	buckets []bucket // sorted by end
}

// bucket contains replay entries that are deleted together.
type bucket struct {
	end     int64 // Unix time; all entries expire before this time
	entries map[entry]struct{}
	counts  *counts
}

// counts estimates how many replay entries of a bucket belong to each client.
// It has a fixed number of counters. Each client is assigned two counters, and
// several clients can share a counter. A counter is never less than the number
// of the client's entries in the bucket, so the smaller of the two counters is
// the better estimate. The seeds are random, so that a client cannot choose a
// key that shares both counters with another client.
type counts struct {
	seeds [2]maphash.Seed
	rows  [2][1 << 12]uint32
}

// of returns the counters of a client.
func (c *counts) of(client string) [2]*uint32 {
	var own [2]*uint32
	for i := range own {
		own[i] = &c.rows[i][maphash.String(c.seeds[i], client)%uint64(len(c.rows[i]))]
	}
	return own
}

// entry is a replay entry: the first half of a key.
type entry [16]byte

const (
	defaultEntries = 1_000_000
	share          = 4       // one client may have a quarter of the entries
	farthest       = 1 << 40 // Unix time after any sensible date; keeps additions from overflowing
)

// NewMemory returns a Memory with room for the given number of replay entries,
// at 28 to 38 bytes each. 0 means 1 000 000 entries. If the number is negative,
// the Memory is always full, and [Policy.Complete] returns an error.
//
// Each request with a proof needs an entry. Without nonces, the entry is needed
// for MaxAge plus twice the clock skew. With nonces, it is needed for as long
// as the nonce is accepted, plus the clock skew. The Memory keeps the entry for
// at most half of that time longer. One client can have a quarter of the
// entries: see [ErrQuota].
func NewMemory(entries int) *Memory {
	return &Memory{limit: cmp.Or(entries, defaultEntries)}
}

// First implements [Replay]. It never deletes an entry that is still needed. If
// the Memory has no room for a new entry, First returns [ErrFull]. The context
// is not used, because First does not wait.
func (m *Memory) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	return m.FirstOf(ctx, "", key, until)
}

// FirstOf is like First, but prevents one client from filling the Memory. It
// returns [ErrQuota] if the client already has a quarter of the entries for
// which the Memory has room. The client is given by the thumbprint of its key;
// "" means no limit. A verifier calls FirstOf instead of First if its Replay
// has both methods.
func (m *Memory) FirstOf(_ context.Context, client string, key [32]byte, until time.Time) (bool, error) {
	short := entry(key[:len(entry{})])
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now() // under the lock, so that time does not run backwards between calls
	if until.Before(now) {
		return false, errPassed
	}
	m.forget(now.Unix())
	count, ofClient := 0, 0
	for _, b := range m.buckets { // all buckets, because the until of a replay may differ
		if _, exists := b.entries[short]; exists {
			return false, nil
		}
		count += len(b.entries)
		if client != "" {
			own := b.counts.of(client)
			ofClient += int(min(*own[0], *own[1]))
		}
	}
	limit := cmp.Or(m.limit, defaultEntries)
	switch {
	case count >= limit:
		return false, ErrFull
	case ofClient >= max(limit/share, 1):
		return false, ErrQuota
	}
	b := m.bucket(now.Unix(), until.Unix())
	b.entries[short] = struct{}{}
	if client != "" {
		for _, counter := range b.counts.of(client) {
			*counter++
		}
	}
	return true, nil
}

// forget drops the buckets that have ended.
func (m *Memory) forget(now int64) {
	m.buckets = slices.DeleteFunc(m.buckets, func(b bucket) bool { return b.end <= now })
}

// bucket returns the bucket for a replay entry, and makes it if it is missing.
//
// The end of a bucket is rounded up to a multiple of the bucket's width. The
// width, in seconds, is a power of two between a quarter and a half of the
// entry's lifetime. If all entries have the same lifetime, there are at most
// five buckets. Entries with shorter lifetimes add at most three buckets for
// each halving of the lifetime. There are always fewer than 128 buckets.
func (m *Memory) bucket(now, until int64) bucket {
	end := min(until, farthest) + 1                            // plus 1, because until was rounded down to seconds, and the entry is still valid then
	width := int64(1) << max(bits.Len64(uint64(end-now))-2, 0) //nolint:gosec // positive, because the time until has not passed
	end = (end + width - 1) &^ (width - 1)
	i, exists := slices.BinarySearchFunc(m.buckets, end, func(b bucket, end int64) int { return cmp.Compare(b.end, end) })
	if !exists {
		m.buckets = slices.Insert(m.buckets, i, bucket{
			end: end, entries: make(map[entry]struct{}),
			counts: &counts{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}},
		})
	}
	return m.buckets[i]
}

// check returns the fault of the constructor's argument.
func (m *Memory) check() error {
	if m.limit < 0 {
		return fmt.Errorf("NewMemory(%d): want a size of 0 or more", m.limit)
	}
	return nil
}
