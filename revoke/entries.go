package revoke

import (
	"container/heap"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// entries are revocations in memory. They are safe for concurrent use.
type entries struct {
	limit int
	count atomic.Int64 // the length of byEnd, readable without the lock

	mu      sync.RWMutex
	issuers map[string]*issuer
	byEnd   ends
}

// issuer contains the revocations of one issuer.
type issuer struct {
	name  string
	count int
	kinds [Client + 1]map[string]*entry // by Value
}

// entry is one revocation. Only index and next change, under the lock, and
// inFeed.
type entry struct {
	issuer        *issuer
	kind          Kind
	value         string
	before, until int64 // Unix times; before is everything if all tokens are revoked
	index         int   // in byEnd
	// next is another entry about the same tokens. Of two such entries, one has
	// the later before and the other the later until. Otherwise one of them
	// would be superfluous.
	next   *entry
	inFeed atomic.Uint64 // the last reading from the beginning of the feed in which the entry was found
}

const (
	everything = math.MaxInt64

	// ended entries that are removed for each new entry. With more than one,
	// they become fewer.
	removedPerEntry = 2
)

func newEntries(limit int) *entries {
	return &entries{limit: limit, issuers: make(map[string]*issuer)}
}

// put adds a revocation, unless it is known or has ended. It reports false if
// the list is full. The caller holds the lock. If the revocation comes from the
// feed, reading is the number of the current reading, and otherwise 0.
func (e *entries) put(r *Revocation, now int64, reading uint64) bool {
	before, until := int64(everything), ceil(r.Until)
	if r.Kind != Token && !r.Before.IsZero() {
		before = r.Before.Unix()
	}
	e.expire(now, removedPerEntry)
	if until <= now {
		return true
	}
	of := e.issuers[r.Issuer]
	if of != nil {
		for known := of.kinds[r.Kind][r.Value]; known != nil; known = known.next {
			if known.before == before && known.until == until && reading != 0 {
				known.inFeed.Store(reading)
			}
			if known.before >= before && known.until >= until {
				return true
			}
		}
		for known := of.kinds[r.Kind][r.Value]; known != nil; known = known.next {
			if known.before <= before && known.until <= until {
				e.remove(known)
			}
		}
	}
	if len(e.byEnd) >= e.limit {
		return false
	}
	e.add(&entry{kind: r.Kind, value: r.Value, before: before, until: until}, r.Issuer, reading)
	return true
}

// add adds an entry. It copies the strings, which may be parts of longer
// strings.
func (e *entries) add(one *entry, name string, reading uint64) {
	of := e.issuers[name] // remove may have removed it
	if of == nil {
		of = &issuer{name: strings.Clone(name)}
		e.issuers[of.name] = of
	}
	if of.kinds[one.kind] == nil {
		of.kinds[one.kind] = make(map[string]*entry)
	}
	one.issuer, one.next = of, of.kinds[one.kind][one.value]
	if one.next != nil {
		one.value = one.next.value
	} else {
		one.value = strings.Clone(one.value)
	}
	one.inFeed.Store(reading)
	of.kinds[one.kind][one.value] = one
	of.count++
	heap.Push(&e.byEnd, one)
	e.count.Add(1)
}

func (e *entries) remove(one *entry) {
	of := one.issuer
	byValue := of.kinds[one.kind]
	switch first := byValue[one.value]; {
	case first != one:
		for first.next != one {
			first = first.next
		}
		first.next = one.next
	case one.next != nil:
		byValue[one.value] = one.next
	default:
		delete(byValue, one.value)
	}
	if of.count--; of.count == 0 {
		delete(e.issuers, of.name)
	}
	heap.Remove(&e.byEnd, one.index)
	e.count.Add(-1)
}

// expire removes at most limit entries that have ended. The caller holds the
// lock.
func (e *entries) expire(now int64, limit int) {
	for ; limit > 0 && len(e.byEnd) > 0 && e.byEnd[0].until <= now; limit-- {
		e.remove(e.byEnd[0])
	}
}

// revoked reports whether an entry is about a token.
func (e *entries) revoked(c *Claims, now int64) bool {
	if e.count.Load() == 0 {
		return false
	}
	issuedAt := int64(math.MinInt64)
	if !c.IssuedAt.IsZero() {
		issuedAt = c.IssuedAt.Unix()
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	of := e.issuers[c.Issuer]
	return of != nil && (of.revoked(Token, c.ID, issuedAt, now) || of.revoked(Subject, c.Subject, issuedAt, now) ||
		of.revoked(Session, c.Session, issuedAt, now) || of.revoked(Client, c.ClientID, issuedAt, now))
}

func (i *issuer) revoked(kind Kind, value string, issuedAt, now int64) bool {
	for one := i.kinds[kind][value]; one != nil; one = one.next {
		if issuedAt <= one.before && now < one.until {
			return true
		}
	}
	return false
}

// outsideFeed returns the entries that were not found in the feed during a
// reading.
func (e *entries) outsideFeed(reading uint64) (all []*entry) {
	e.mu.RLock()
	known := append(ends(nil), e.byEnd...) // checks wait only for this copy, not for the loop
	e.mu.RUnlock()
	for _, one := range known {
		if one.inFeed.Load() != reading {
			all = append(all, one)
		}
	}
	return all
}

func (o *entry) revocation() Revocation {
	r := Revocation{Issuer: o.issuer.name, Kind: o.kind, Value: o.value, Until: time.Unix(o.until, 0).UTC()}
	if o.before != everything {
		r.Before = time.Unix(o.before, 0).UTC()
	}
	return r
}

// ends is a heap of entries: the one that ends first is at index 0.
type ends []*entry

func (h ends) Len() int           { return len(h) }
func (h ends) Less(i, j int) bool { return h[i].until < h[j].until }

func (h ends) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements [heap.Interface].
func (h *ends) Push(one any) {
	own := one.(*entry)
	own.index = len(*h)
	*h = append(*h, own)
}

// Pop implements [heap.Interface].
func (h *ends) Pop() any {
	last := len(*h) - 1
	one := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return one
}
