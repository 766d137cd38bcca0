package middleware

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// tokenCache caches JWTs that passed every step except the route's
// requirements. The same bytes always have the same claims, and a key that
// verified a signature would verify it again. For a cached JWT, steps that
// depend only on the token and the configuration are therefore not repeated.
// The signature is verified again only if the key has changed. All other steps
// are repeated. A token that fails any step other than the route's requirements
// is not added to the cache. Entries do not expire, because expiry would need a
// goroutine.
type tokenCache struct {
	tokens                  *otter.Cache[digest, *cachedToken]
	hits, misses, evictions atomic.Int64
}

// digest is the SHA-256 hash of a token. The cache stores the digest instead of
// the token, so that an attacker who reads the memory gets no usable token.
type digest [sha256.Size]byte

// cachedToken contains the results of the checks that a JWT has passed. It is
// never modified.
type cachedToken struct {
	issuer *issuer
	header *header
	key    any    // the key that verified the signature
	token  *Token // callers receive copies
	lookup lookup // finds claims of the token
}

// maxNames limits both the number of scopes and the number of audiences of a
// cached token. Without this limit, a token with thousands of short scopes
// would need twenty times its length in memory.
const maxNames = 256

// newTokenCache returns a cache. size is the maximum number of tokens, and 0
// means the default. If size is negative, newTokenCache returns nil.
func newTokenCache(size int) *tokenCache {
	if size == 0 {
		size = defaultTokenCache
	}
	if size < 0 {
		return nil
	}
	c := new(tokenCache)
	c.tokens = otter.Must(&otter.Options[digest, *cachedToken]{
		MaximumSize: size,
		Executor:    func(run func()) { run() },
		OnDeletion: func(e otter.DeletionEvent[digest, *cachedToken]) {
			if e.WasEvicted() {
				c.evictions.Add(1)
			}
		},
	})
	return c
}

// lookUp looks the token up in the cache. If the token is cached, the steps
// that depend only on the token and the configuration are skipped.
func (d *decision) lookUp() error {
	d.lookedUp = true
	d.bytes = append(d.bytes[:0], d.token...) // hashing a string would allocate a copy
	d.digest = sha256.Sum256(d.bytes)
	k, ok := d.v.cache.tokens.GetIfPresent(d.digest)
	if !ok {
		return nil
	}
	if f := k.issuer.finder; f != nil { // IssuerFor may have changed the issuer
		if now, err := f.issuer(d.ctx, k.issuer.URL); errors.Is(err, ErrUnavailable) {
			return err
		} else if now != k.issuer {
			return nil
		}
	}
	d.cached, d.repeated = k, perRequest
	d.issuer, d.header, d.verified, d.lookup, d.binding = k.issuer, k.header, k.token, k.lookup, k.token.binding
	c := &d.claims
	c.issuer = k.token.Issuer
	c.expiry, c.notBefore, c.issuedAt = k.token.Expiry, k.token.NotBefore, k.token.IssuedAt
	return nil
}

// store caches a JWT that passed, unless the JWT is already cached with the
// same key or has too many scopes or audiences.
func (d *decision) store() error {
	d.stored = true
	if (d.cached == nil || !sameKey(d.cached.key, d.key)) && max(d.verified.Scopes.Len(), len(d.verified.Audience)) <= maxNames {
		d.v.cache.tokens.Set(d.digest, &cachedToken{d.issuer, d.header, d.key, d.verified, d.lookup})
	}
	return nil
}

// drop removes a cached token that was refused.
func (c *tokenCache) drop(at digest) { c.tokens.Invalidate(at) }

// verifiedBefore reports whether the cache contains the token, and its
// signature was verified with this key. The signature then need not be verified
// again.
func (d *decision) verifiedBefore(key any) bool {
	if !d.lookedUp {
		return false
	}
	if d.cached != nil && sameKey(d.cached.key, key) {
		d.v.cache.hits.Add(1)
		return true
	}
	d.v.cache.misses.Add(1)
	return false
}

// sameKey reports whether two keys are the same. Pointers to keys are compared
// by identity, because a [jwks.Source] returns the same pointer for as long as
// a key is published. Comparing key IDs is not enough, because another key may
// now have the same ID.
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
