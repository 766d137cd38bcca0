package jws

import (
	"crypto/rsa"
	"sync"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// Prepared caches the RSA keys of an issuer. Package rsaverify prepares each
// key for faster verification when the key is first used. The cache identifies
// a key by its pointer, which stays the same while the key is published.
// Prepared is safe for concurrent use.
type Prepared struct {
	keys  sync.Map // maps *rsa.PublicKey to *rsaverify.Key
	count atomic.Int32
}

// maxPrepared limits the number of cached keys, including withdrawn ones.
const maxPrepared = 256

// Key returns the prepared form of a key for [Message.Verify], or the key
// itself if it cannot be prepared.
func (p *Prepared) Key(key any) any {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return key
	}
	if cached, ok := p.keys.Load(public); ok {
		return cached
	}
	prepared := rsaverify.New(public)
	if prepared == nil {
		return key
	}
	if p.count.Add(1) > maxPrepared {
		p.keys.Clear()
		p.count.Store(1)
	}
	p.keys.Store(public, prepared)
	return prepared
}
