package jws

import (
	"crypto/rsa"
	"sync"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// Prepared remembers what was prepared of the keys of an issuer when they were
// first used. It identifies a key by its pointer, which stays the same while the
// key is published. It is safe for concurrent use.
type Prepared struct {
	keys  sync.Map // *rsa.PublicKey to *rsaverify.Key
	count atomic.Int32
}

// maxPrepared bounds the keys that are remembered; withdrawn ones are among them.
const maxPrepared = 256

// Key returns a key as [Message.Verify] takes it: prepared, or as it is.
func (p *Prepared) Key(key any) any {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return key
	}
	if known, ok := p.keys.Load(public); ok {
		return known
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
