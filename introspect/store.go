package introspect

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// Cache shares active answers between several instances of an API, in Redis for
// example. Each instance also keeps a copy of every answer that it writes or
// reads. This copy is in memory until the answer expires. Deleting an entry of
// the store therefore has no effect on instances that have used it. Package
// cachetest tests implementations, and package redisstore contains one.
//
// Keys are hashes of tokens, never tokens. Values contain claims, so protect
// the store as carefully as the API. An attacker who can write to the store can
// make tokens active, unless the Cache authenticates values as redisstore does.
// Implementations must be safe for concurrent use.
//
// The keys of two clients differ if their constructor, Issuer, Endpoint, client
// identifiers, MaxTTL or RequireTokenType differ, or if only one of them
// requires signed answers. Such clients may share a Cache. Clients must not
// share a Cache if they differ only in other properties, such as the function
// of [Custom], the mapping of [InsecureUserInfo] or the token that [Bearer]
// sends.
type Cache interface {
	// Get returns the value, or false if the key does not exist.
	Get(ctx context.Context, key string) ([]byte, bool, error)

	// Set stores a value for ttl at most.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

// errStore replaces the errors of a store, because their messages may contain
// secrets.
var errStore = errors.New("the Cache failed or took too long")

// storeBackoff is how long a store is not used after a failure. During this
// time, answers are cached only in memory.
const storeBackoff = 2 * time.Second

// loadShared looks up an answer in the shared store. It also caches a found
// answer in memory, until the expiry in the stored value.
func (c *Client) loadShared(ctx context.Context, h hash) (*Response, bool) {
	if c.config.Cache == nil || c.ttl == 0 {
		return nil, false
	}
	value, err := c.callCache(ctx, func(ctx context.Context) ([]byte, error) {
		value, ok, err := c.config.Cache.Get(ctx, hex.EncodeToString(h[:]))
		if !ok {
			value = nil
		}
		return value, err
	})
	if err != nil {
		return nil, false
	}
	r, ends, ok := decodeEntry(h, value, time.Now(), c.ttl)
	if ok {
		c.memory.active.Set(h, entry{r.clone(), ends}) // a copy: r refers to the store's buffer
	}
	return r, ok
}

// storeShared writes an answer to the shared store, if there is one. This
// instance also keeps the answer in memory, so a failed write affects only
// other instances.
func (c *Client) storeShared(ctx context.Context, h hash, r *Response, ends time.Time, ttl time.Duration) {
	if c.config.Cache == nil {
		return
	}
	value := encodeEntry(h, r, ends)
	_, _ = c.callCache(ctx, func(ctx context.Context) ([]byte, error) {
		return nil, c.config.Cache.Set(ctx, hex.EncodeToString(h[:]), value, ttl)
	})
}

// callCache runs an operation of the store. It fails at once if the store
// failed less than storeBackoff ago.
func (c *Client) callCache(ctx context.Context, operation func(context.Context) ([]byte, error)) ([]byte, error) {
	if failed := c.cacheFailed.Load(); failed != nil && time.Since(*failed) < storeBackoff {
		return nil, errStore
	}
	limited, cancel := context.WithTimeout(ctx, storeWaitLimit)
	defer cancel()
	value, err := contain.Within(limited, c.cacheSlots, operation)
	if err != nil {
		now := time.Now()
		c.cacheFailed.Store(&now)
		err = errStore
	}
	c.note(ctx, &c.cache, err)
	return value, err
}

// encodeEntry encodes an answer for a shared store. The encoded value begins
// with the token's hash and the expiry. decodeEntry checks both, because a
// store may mix up keys or keep values too long.
func encodeEntry(h hash, r *Response, ends time.Time) []byte {
	value := append(make([]byte, 0, len(h)+8+len(r.Claims)), h[:]...)
	value = binary.BigEndian.AppendUint64(value, uint64(ends.UnixMilli()))
	return append(value, r.Claims...)
}

// decodeEntry decodes a value from encodeEntry, and returns the answer and its
// expiry. It parses the stored answer as strictly as an answer from the server.
func decodeEntry(h hash, value []byte, now time.Time, ttl time.Duration) (*Response, time.Time, bool) {
	if len(value) < len(h)+8 || len(value) > len(h)+8+maxBytes || hash(value[:len(h)]) != h {
		return nil, time.Time{}, false
	}
	value = value[len(h):]
	ends := time.UnixMilli(int64(binary.BigEndian.Uint64(value))) //nolint:gosec // an overflow is refused below
	if !now.Before(ends) || ends.Sub(now) > ttl {
		return nil, time.Time{}, false
	}
	r, err := parse(value[8:])
	return r, ends, err == nil && r.Active
}
