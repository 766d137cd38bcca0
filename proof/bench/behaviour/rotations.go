package main

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/testserver"
)

// accepted is the time until the verifier first accepted a good token.
type accepted event

func (a accepted) String() string {
	if !a.seen {
		return "no (> " + short(a.delay) + ")"
	}
	return short(a.delay)
}

// refused is the time until the verifier refused a token that it had accepted
// before.
type refused event

func (r refused) String() string {
	if !r.seen {
		return "never (> " + short(r.delay) + ")"
	}
	return short(r.delay)
}

// newKey rotates the server's key and sends a token of the new key repeatedly
// until the verifier accepts it.
func newKey(ctx context.Context, t *trial) (fmt.Stringer, error) {
	return t.rotated(ctx, 0)
}

// newKeyAfterJunk is like newKey, but first sends a few tokens with unknown key
// IDs, which may use up the fetches that the verifier needs for the new key.
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

// removedKey removes one of two keys from the key set and sends a token of the
// removed key repeatedly until the verifier refuses the token. Meanwhile,
// removedKey does not send tokens of a new key, because such a token would make
// the verifier fetch the key set.
func removedKey(ctx context.Context, t *trial) (fmt.Stringer, error) {
	leaked, token := t.as.SigningKey(), t.as.Token()
	t.as.Rotate()
	if err := t.warmUp(ctx, t.ttl, token, t.as.Token()); err != nil {
		return nil, err
	}
	t.as.Retire(leaked.ID)
	return refused(t.until(ctx, t.removed, func() bool { return t.send(ctx, token) != nil })), nil
}
