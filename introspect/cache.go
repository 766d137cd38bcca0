package introspect

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/maypok86/otter/v2"
)

// Bounds of what is kept in memory.
const (
	maxWeight   = 16 << 20 // bytes of active answers
	entryWeight = 256      // what an entry costs besides its answer
	maxInactive = 10_000   // inactive answers
	maxSeen     = 50_000   // tokens that were active, of which only the hash is kept
)

// hash names a token at one authorization server: two servers may give out the
// same text, and their answers must never meet. The separator is in no name.
type hash [sha256.Size]byte

func (c *Client) hash(token string) hash {
	text := make([]byte, 0, 512)
	text = append(append(append(text, c.name...), 0), token...)
	return sha256.Sum256(text)
}

// entry is an answer and when it ends.
type entry struct {
	response *Response
	ends     time.Time
}

// memory keeps answers in this process. Inactive ones have a place of their
// own, so that no flood of random tokens pushes a good answer out. Entries
// carry their end themselves: a cache that looks after it keeps a goroutine.
type memory struct {
	active   *otter.Cache[hash, entry] // with a shared store, what that did not take
	inactive *otter.Cache[hash, time.Time]
	seen     *otter.Cache[hash, bool] // tokens that were active, however long ago, and whether each is spent
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

// known looks an answer up in memory.
func (m memory) known(h hash, now time.Time) (*Response, bool) {
	if e, ok := m.active.GetIfPresent(h); ok && now.Before(e.ends) {
		return e.response, true
	}
	if ends, ok := m.inactive.GetIfPresent(h); ok && now.Before(ends) {
		return inactive, true
	}
	return nil, false
}

// standing returns what is known of a token that is about to be asked about.
func (m memory) standing(h hash) standing {
	if spent, ok := m.seen.GetIfPresent(h); ok {
		return standing{class: seenActive, spent: spent}
	}
	return standing{class: unseen}
}

// keep remembers an answer until it ends, or the token does.
func (c *Client) keep(ctx context.Context, h hash, r *Response, asked time.Time) {
	ttl := c.ttl
	if !r.Active {
		ttl = min(ttl, inactiveTTL)
	}
	ends, now := asked.Add(ttl), time.Now()
	if r.Active && !r.expiry.IsZero() && r.expiry.Before(ends) {
		ends = r.expiry
	}
	switch {
	case !now.Before(ends):
	case !r.Active:
		c.memory.inactive.Set(h, ends)
	case c.config.Cache != nil && c.share(ctx, h, r, ends, ends.Sub(now)):
	default:
		c.memory.active.Set(h, entry{r.clone(), ends}) // a copy: r lies in a buffer that is larger
	}
}
