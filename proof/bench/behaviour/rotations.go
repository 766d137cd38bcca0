package main

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/testserver"
)

// accepted is when a good token was accepted for the first time.
type accepted event

func (a accepted) String() string {
	if !a.seen {
		return "no (> " + short(a.after) + ")"
	}
	return short(a.after)
}

// refused is when a token was refused that had been accepted before.
type refused event

func (r refused) String() string {
	if !r.seen {
		return "never (> " + short(r.after) + ")"
	}
	return short(r.after)
}

// newKey sends a token of a key that was published a moment ago, again and
// again until it is accepted.
func newKey(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.rotated(ctx, 0)
}

// newKeyAfterJunk is newKey after a few tokens of keys that do not exist, which
// may use up the fetches that the new key needs.
func newKeyAfterJunk(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.rotated(ctx, 3)
}

func (t *trial) rotated(ctx context.Context, junk int) (fmt.Stringer, error) {
	if err := t.warmUp(ctx, 0, t.as.Token()); err != nil {
		return nil, err
	}
	for range junk {
		if t.send(ctx, t.as.Token(testserver.With(testserver.UnknownKid))) == nil {
			return nil, errForged
		}
	}
	t.as.Rotate()
	token := t.as.Token()
	return accepted(t.until(ctx, t.patience, func() bool { return t.send(ctx, token) == nil })), nil
}

// removedKey takes one of two keys out of the key set and sends a token of that
// key until it is refused. No other token is sent: one of a new key would have
// the set fetched by itself.
func removedKey(ctx context.Context, t *trial) (fmt.Stringer, error) {
	leaked, token := t.as.SigningKey(), t.as.Token()
	t.as.Rotate()
	if err := t.warmUp(ctx, t.ttl, token, t.as.Token()); err != nil {
		return nil, err
	}
	t.as.Retire(leaked.ID)
	return refused(t.until(ctx, t.removed, func() bool { return t.send(ctx, token) != nil })), nil
}
