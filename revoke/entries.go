package revoke

import (
	"container/heap"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// entries are revocations in memory. The lock mu guards issuers and byEnd. The
// fields limit and reserved do not change after New. Callers of put, add,
// remove and expire must hold mu.
type entries struct {
	limit    int
	reserved int          // part of limit that only revocations from the feed may use
	count    atomic.Int64 // the length of byEnd, readable without the lock

	mu      sync.RWMutex
	issuers map[string]*issuer
	byEnd   ends
}

// issuer contains the revocations of one issuer.
type issuer struct {
	name  string
	count int
	kinds [Sessionless + 1]map[string]*entry // by Value
}

// entry is one revocation. Only index, next and inFeed change. entries.mu
// guards index and next.
type entry struct {
	issuer        *issuer
	kind          Kind
	value         string
	before, until int64 // Unix times; if before has the value of the constant everything, all tokens are revoked
	index         int   // in byEnd
	// next points to another entry for the same kind and value. One of the two
	// entries revokes more recent tokens, the other one expires later.
	// Otherwise one entry would be enough.
	next   *entry
	inFeed atomic.Uint64 // number of the last reading that found the entry in the feed, as in reader.reading
}

const (
	everything = math.MaxInt64

	// removedPerEntry is the number of ended entries that are removed for each
	// new entry. It is more than one, so that ended entries become fewer.
	removedPerEntry = 2
)

func newEntries(limit int) *entries {
	return &entries{limit: limit, issuers: make(map[string]*issuer)}
}

// put adds a revocation. It skips a revocation that has expired or that an
// entry already covers. It returns false if the list is full. A revocation that
// replaces an entry always fits. The reading argument is the number of the
// current reading if the revocation comes from the feed, and 0 otherwise.
func (e *entries) put(r *Revocation, now int64, reading uint64) bool {
	before, until := int64(everything), ceil(r.Until)
	if r.Kind != Token && !r.Before.IsZero() {
		before = r.Before.Unix()
	}
	e.expire(now, removedPerEntry)
	if until <= now {
		return true
	}
	limit := e.limit
	if reading == 0 {
		limit -= e.reserved
	}
	if issuer := e.issuers[r.Issuer]; issuer != nil {
		for known := issuer.kinds[r.Kind][r.Value]; known != nil; known = known.next {
			if known.before == before && known.until == until && reading != 0 {
				known.inFeed.Store(reading)
			}
			if known.before >= before && known.until >= until {
				return true
			}
		}
		for known := issuer.kinds[r.Kind][r.Value]; known != nil; known = known.next {
			if known.before <= before && known.until <= until {
				e.remove(known)
				limit = len(e.byEnd) + 1
			}
		}
	}
	if len(e.byEnd) >= limit {
		return false
	}
	e.add(&entry{kind: r.Kind, value: r.Value, before: before, until: until}, r.Issuer, reading)
	return true
}

// add adds an entry. It clones the strings, because they may be substrings that
// keep longer strings in memory.
func (e *entries) add(added *entry, name string, reading uint64) {
	if e.issuers[name] == nil { // the issuer is new, or put has removed its last entry
		name = strings.Clone(name)
		e.issuers[name] = &issuer{name: name}
	}
	issuer := e.issuers[name]
	if issuer.kinds[added.kind] == nil {
		issuer.kinds[added.kind] = make(map[string]*entry)
	}
	added.issuer, added.next = issuer, issuer.kinds[added.kind][added.value]
	if added.next != nil {
		added.value = added.next.value
	} else {
		added.value = strings.Clone(added.value)
	}
	added.inFeed.Store(reading)
	issuer.kinds[added.kind][added.value] = added
	issuer.count++
	heap.Push(&e.byEnd, added)
	e.count.Add(1)
}

func (e *entries) remove(entry *entry) {
	issuer := entry.issuer
	byValue := issuer.kinds[entry.kind]
	switch first := byValue[entry.value]; {
	case first != entry:
		for first.next != entry {
			first = first.next
		}
		first.next = entry.next
	case entry.next != nil:
		byValue[entry.value] = entry.next
	default:
		delete(byValue, entry.value)
	}
	if issuer.count--; issuer.count == 0 {
		delete(e.issuers, issuer.name)
	}
	heap.Remove(&e.byEnd, entry.index)
	e.count.Add(-1)
}

// expire removes at most limit entries that have ended.
func (e *entries) expire(now int64, limit int) {
	for ; limit > 0 && len(e.byEnd) > 0 && e.byEnd[0].until <= now; limit-- {
		e.remove(e.byEnd[0])
	}
}

// revoked reports whether an entry revokes the token with these claims.
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
	issuer := e.issuers[c.Issuer]
	return issuer != nil && (issuer.revoked(Token, c.ID, issuedAt, now) || issuer.revoked(Subject, c.Subject, issuedAt, now) ||
		issuer.revoked(Session, c.Session, issuedAt, now) || issuer.revoked(Client, c.ClientID, issuedAt, now) ||
		c.Session == "" && issuer.revoked(Sessionless, c.Subject, issuedAt, now))
}

func (i *issuer) revoked(kind Kind, value string, issuedAt, now int64) bool {
	for entry := i.kinds[kind][value]; entry != nil; entry = entry.next {
		if issuedAt <= entry.before && now < entry.until {
			return true
		}
	}
	return false
}

// outsideFeed returns the entries that a reading of the feed did not find.
func (e *entries) outsideFeed(reading uint64) (all []*entry) {
	e.mu.RLock()
	known := slices.Clone(e.byEnd) // calls of Check wait only for this copy, not for the loop
	e.mu.RUnlock()
	for _, entry := range known {
		if entry.inFeed.Load() != reading {
			all = append(all, entry)
		}
	}
	return all
}

func (e *entry) revocation() Revocation {
	r := Revocation{Issuer: e.issuer.name, Kind: e.kind, Value: e.value, Until: time.Unix(e.until, 0).UTC()}
	if e.before != everything {
		r.Before = time.Unix(e.before, 0).UTC()
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
func (h *ends) Push(added any) {
	entry := added.(*entry)
	entry.index = len(*h)
	*h = append(*h, entry)
}

// Pop implements [heap.Interface].
func (h *ends) Pop() any {
	last := len(*h) - 1
	entry := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return entry
}
