package introspect

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

// Cache keeps active answers for several instances of a program, in Redis for
// example. Keys are hashes of tokens, never tokens; values hold claims, so the
// store must be as well protected as the API. An attacker who can write to it
// can make tokens active. Implementations are safe for concurrent use.
//
// Clients that differ in their constructor, Issuer, Endpoint, client identifiers,
// MaxTTL, RequireTokenType or whether they want signed answers may share a Cache:
// their keys differ. Those that differ only in something else, such as the
// function of [Custom], the mapping of [InsecureUserInfo] or whose token [Bearer]
// sends, may not.
type Cache interface {
	// Get returns the value, or false if there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)

	// Set keeps a value for ttl at most.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

// errStore stands for the errors of a store, whose texts are not ours to print.
var errStore = errors.New("it failed or took too long")

// storeRest is how long a store that failed is left alone. Answers are kept in
// memory meanwhile.
const storeRest = 2 * time.Second

// recall looks an answer up in the shared store.
func (c *Client) recall(ctx context.Context, h hash) (*Response, bool) {
	if c.config.Cache == nil || c.ttl == 0 {
		return nil, false
	}
	value, err := c.operate(ctx, func(ctx context.Context) ([]byte, error) {
		value, ok, err := c.config.Cache.Get(ctx, hex.EncodeToString(h[:]))
		if !ok {
			value = nil
		}
		return value, err
	})
	if err != nil {
		return nil, false
	}
	return unseal(h, value, time.Now(), c.ttl)
}

// share writes an answer to the shared store and reports whether it is there.
func (c *Client) share(ctx context.Context, h hash, r *Response, ends time.Time, ttl time.Duration) bool {
	value := seal(h, r, ends)
	_, err := c.operate(ctx, func(ctx context.Context) ([]byte, error) {
		return nil, c.config.Cache.Set(ctx, hex.EncodeToString(h[:]), value, ttl)
	})
	return err == nil
}

// operate runs an operation of the store, unless the last one has just failed.
func (c *Client) operate(ctx context.Context, operation func(context.Context) ([]byte, error)) ([]byte, error) {
	if failed := c.store.logged.Load(); failed != nil && time.Since(*failed) < storeRest {
		return nil, errStore
	}
	limited, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	value, err := within(limited, c.stores, operation)
	if err != nil {
		now := time.Now()
		c.store.logged.Store(&now)
		err = errStore
	}
	c.note(ctx, &c.store, err)
	return value, err
}

// within runs other people's code that may not heed its context. It has a
// goroutine, which is left behind when it takes too long; as many as slots has
// room for at most.
func within[T any](ctx context.Context, slots chan struct{}, operation func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	run := func() {
		r := result{err: errPanic}
		defer func() {
			done <- r
			<-slots
		}()
		contain.Panic(func() { r.value, r.err = operation(ctx) })
	}
	var none T
	select {
	case slots <- struct{}{}:
		go run()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
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
