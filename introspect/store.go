package introspect

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// Cache keeps active answers for several instances of a program, in Redis for
// example. Keys are hashes of tokens, never tokens; values hold claims, so the
// store must be as well protected as the API. Who can write to the store can make
// tokens active. Implementations are safe for concurrent use.
//
// Clients of other servers, or with other credentials, may share a Cache: their
// keys differ. Those of [InsecureUserInfo] that differ in their mapping alone may
// not.
type Cache interface {
	// Get returns the value, or false if there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)

	// Set keeps a value for ttl at most.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

var errStore = errors.New("it failed or took too long")

// recall looks an answer up in the shared store.
func (c *Client) recall(ctx context.Context, h hash) (*Response, bool) {
	if c.config.Cache == nil || c.ttl == 0 {
		return nil, false
	}
	value, ok := c.operate(ctx, func(ctx context.Context) ([]byte, bool, error) {
		return c.config.Cache.Get(ctx, hex.EncodeToString(h[:]))
	})
	if !ok {
		return nil, false
	}
	return unseal(h, value, time.Now(), c.ttl)
}

// share writes an answer to the shared store.
func (c *Client) share(ctx context.Context, h hash, r *Response, ends time.Time, ttl time.Duration) {
	value := seal(h, r, ends)
	c.operate(ctx, func(ctx context.Context) ([]byte, bool, error) {
		return nil, false, c.config.Cache.Set(ctx, hex.EncodeToString(h[:]), value, ttl)
	})
}

// operate runs an operation of the store. Clients of stores have time limits of
// their own and seldom heed a context, so it has a goroutine, which is left
// behind when it takes too long; as many as calls may be in flight at most.
func (c *Client) operate(ctx context.Context, operation func(context.Context) ([]byte, bool, error)) (value []byte, ok bool) {
	select {
	case c.stores <- struct{}{}:
	default:
		c.note(ctx, &c.store, errStore)
		return nil, false
	}
	type result struct {
		value []byte
		ok    bool
		err   error
	}
	limited, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		r := result{err: errPanic}
		defer func() {
			_ = recover()
			done <- r
			<-c.stores
		}()
		r.value, r.ok, r.err = operation(limited)
	}()
	r := result{err: errStore}
	select {
	case r = <-done:
	case <-limited.Done():
	}
	if r.err != nil {
		r.ok, r.err = false, errStore // its texts are not ours to print
	}
	c.note(ctx, &c.store, r.err)
	return r.value, r.ok
}

// seal writes an answer for a shared store, with its token's hash and its end in
// front: a store that takes one key for another, or forgets too late, must
// change nothing.
func seal(h hash, r *Response, ends time.Time) []byte {
	value := append(make([]byte, 0, len(h)+8+len(r.Claims)), h[:]...)
	value = binary.BigEndian.AppendUint64(value, uint64(ends.UnixMilli()))
	return append(value, r.Claims...)
}

// unseal reads it back, as strictly as from the wire.
func unseal(h hash, value []byte, now time.Time, ttl time.Duration) (*Response, bool) {
	if len(value) < len(h)+8 || len(value) > len(h)+8+maxBytes || hash(value[:len(h)]) != h {
		return nil, false
	}
	value = value[len(h):]
	ends := time.UnixMilli(int64(binary.BigEndian.Uint64(value))) //nolint:gosec // any other number is just not now
	if !now.Before(ends) || ends.Sub(now) > ttl {
		return nil, false
	}
	r, err := parse(value[8:])
	return r, err == nil && r.Active
}
