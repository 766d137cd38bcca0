package introspect

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/maypok86/otter/v2"
)

// Limits of the in-memory caches.
const (
	maxWeight   = 16 << 20 // total bytes of active answers
	entryWeight = 256      // overhead of each entry, in bytes
	maxInactive = 10_000   // inactive answers
	maxSeen     = 50_000   // hashes of tokens that were active at some time
)

// hash is the cache key of a token: the SHA-256 of the client's name, a NUL
// byte and the token. The name keeps the answers of two servers apart, because
// both servers may issue the same token. Names never contain a NUL byte.
type hash [sha256.Size]byte

func (c *Client) hash(token string) hash {
	text := make([]byte, 0, 512)
	text = append(append(append(text, c.name...), 0), token...)
	return sha256.Sum256(text)
}

// entry is an answer and its expiry.
type entry struct {
	response *Response
	expiry   time.Time
}

// memory caches answers in this process. Inactive answers have a separate
// cache, so that a flood of random tokens cannot evict active answers. Each
// entry stores its own expiry. Expiry by the cache library would need a
// goroutine.
type memory struct {
	active   *otter.Cache[hash, entry]
	inactive *otter.Cache[hash, time.Time]
	seen     *otter.Cache[hash, bool] // key: hash of a token that was active at some time; value: history.counted
}

func synchronously(run func()) { run() }

func newMemory() memory {
	return memory{
		active: otter.Must(&otter.Options[hash, entry]{
			MaximumWeight: maxWeight, Executor: synchronously,
			Weigher: func(_ hash, e entry) uint32 { return uint32(len(e.response.Claims) + entryWeight) }, //nolint:gosec // at most 256 KiB
		}),
		inactive: otter.Must(&otter.Options[hash, time.Time]{MaximumSize: maxInactive, Executor: synchronously}),
		seen:     otter.Must(&otter.Options[hash, bool]{MaximumSize: maxSeen, Executor: synchronously}),
	}
}

var inactive = &Response{}

// find returns a cached answer that has not expired.
func (m memory) find(h hash, now time.Time) (*Response, bool) {
	if e, ok := m.active.GetIfPresent(h); ok && now.Before(e.expiry) {
		return e.response, true
	}
	if ends, ok := m.inactive.GetIfPresent(h); ok && now.Before(ends) {
		return inactive, true
	}
	return nil, false
}

// history reports whether the token was active before. If so, history also
// reports whether a failed query for this token has already counted as evidence
// against the server.
func (m memory) history(h hash) history {
	if counted, ok := m.seen.GetIfPresent(h); ok {
		return history{class: seenActive, counted: counted}
	}
	return history{class: unseen}
}

// cacheAnswer caches an answer until its TTL ends or the token expires,
// whichever comes first.
func (c *Client) cacheAnswer(ctx context.Context, h hash, r *Response, queriedAt time.Time) {
	ttl := c.ttl
	if !r.Active {
		ttl = min(ttl, inactiveTTL)
	}
	ends, now := queriedAt.Add(ttl), time.Now()
	if r.Active && !r.expiry.IsZero() && r.expiry.Before(ends) {
		ends = r.expiry
	}
	switch {
	case !now.Before(ends):
	case !r.Active:
		c.memory.inactive.Set(h, ends)
	default:
		c.memory.active.Set(h, entry{r.clone(), ends}) // the copy lets r's larger buffer be freed
		c.storeShared(ctx, h, r, ends, ends.Sub(now))
	}
}
