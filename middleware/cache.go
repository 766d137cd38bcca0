package middleware

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// memory caches JWTs that passed every step except the route's requirements.
// The same bytes always have the same claims, and a key that verified a
// signature verifies it again. These steps are not repeated, all others are. A
// token that was refused is never cached.
//
// Entries do not expire: a cache that looks after that keeps a goroutine.
type memory struct {
	tokens                  *otter.Cache[digest, *known]
	hits, misses, evictions atomic.Int64
}

// digest is the SHA-256 of a token, so that the memory holds no token that
// could be sent.
type digest [sha256.Size]byte

// known is a JWT that passed. It is never changed.
type known struct {
	issuer *issuer
	header *header
	key    any    // that verified the signature
	token  *Token // given out as copies only
	lookup lookup // of its claims
}

// maxNames bounds the scopes and the audiences of a token that is remembered:
// thousands of short ones, which a token has room for, would take twenty times
// its length.
const maxNames = 256

// newMemory returns a memory for a number of tokens, or nil for none.
func newMemory(size int) *memory {
	if size == 0 {
		size = defaultTokenCache
	}
	if size < 0 {
		return nil
	}
	m := new(memory)
	m.tokens = otter.Must(&otter.Options[digest, *known]{
		MaximumSize: size,
		Executor:    func(run func()) { run() },
		OnDeletion: func(e otter.DeletionEvent[digest, *known]) {
			if e.WasEvicted() {
				m.evictions.Add(1)
			}
		},
	})
	return m
}

// recall looks a token up. One that is not cached passes through all steps.
func (d *decision) recall() error {
	d.recalled = true
	d.bytes = append(d.bytes[:0], d.token...) // the hash would copy a string anew each time
	d.digest = sha256.Sum256(d.bytes)
	k, ok := d.v.memory.tokens.GetIfPresent(d.digest)
	if !ok {
		return nil
	}
	if f := k.issuer.finder; f != nil { // the issuer may have changed
		if now, err := f.issuer(d.ctx, k.issuer.URL); errors.Is(err, ErrUnavailable) {
			return err
		} else if now != k.issuer {
			return nil
		}
	}
	d.known, d.least = k, perRequest
	d.issuer, d.header, d.verified, d.lookup = k.issuer, k.header, k.token, k.lookup
	c := &d.claims
	c.issuer = k.token.Issuer
	c.expiry, c.notBefore, c.issuedAt = k.token.Expiry, k.token.NotBefore, k.token.IssuedAt
	return nil
}

// remember keeps a JWT that passed, unless it is known by the same key.
func (d *decision) remember() error {
	d.kept = true
	if (d.known == nil || !sameKey(d.known.key, d.key)) && max(d.verified.Scopes.Len(), len(d.verified.Audience)) <= maxNames {
		d.v.memory.tokens.Set(d.digest, &known{d.issuer, d.header, d.key, d.verified, d.lookup})
	}
	return nil
}

// forget drops a token that was remembered and did not pass again.
func (m *memory) forget(at digest) { m.tokens.Invalidate(at) }

// verifiedBefore reports whether a key verified these very bytes before.
func (d *decision) verifiedBefore(key any) bool {
	if !d.recalled {
		return false
	}
	if d.known != nil && sameKey(d.known.key, key) {
		d.v.memory.hits.Add(1)
		return true
	}
	d.v.memory.misses.Add(1)
	return false
}

// sameKey reports whether two keys are one. Pointers are compared as such,
// since a [jwks.Source] returns the same one while a key is published. The key
// ID says nothing: another key may have taken its place.
func sameKey(a, b any) bool {
	switch a := a.(type) {
	case ed25519.PublicKey:
		return a.Equal(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return a == b
}
