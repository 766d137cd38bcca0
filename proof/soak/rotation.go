package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	inUse  = 3         // keys whose tokens are sent
	shown  = inUse + 5 // keys that are published; what was sent is answered long before its key goes
	copies = 4         // good tokens of a key
)

// signer is a key of the server, with tokens that it signed.
type signer struct {
	id        string
	published time.Time
	good      []string
	hostile   []hostile
	accepted  atomic.Bool // a token of it was accepted
}

// hostile is a token that must be refused.
type hostile struct {
	kind  string
	token string
	due   int // the status that refuses it
}

// ring rotates the server's keys.
type ring struct {
	as           *testserver.Server
	lead, period time.Duration

	mu        sync.Mutex
	signers   []*signer // published ones that sign or have signed, the newest last
	staged    *signer   // published, but not signing yet
	gone      *signer   // withdrawn before the newest signer was published
	withdrawn *signer   // the verifier is known to have a set without it
	rotations int
}

func newRing(as *testserver.Server, c config) *ring {
	first := &signer{id: as.SigningKey().ID, published: time.Now()}
	first.mint(as)
	return &ring{as: as, lead: c.minInterval + c.minInterval/4, period: c.period, signers: []*signer{first}}
}

// run rotates until ctx ends.
func (r *ring) run(ctx context.Context) {
	for ctx.Err() == nil {
		began := time.Now()
		r.withdraw()
		r.publish()
		if !wait(ctx, r.lead) {
			return
		}
		r.sign()
		wait(ctx, time.Until(began.Add(r.period)))
	}
}

// withdraw takes the oldest key out of the set. The one that went before it is
// hostile once a set is known to have been seen that is newer.
func (r *ring) withdraw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone != nil && r.newest().accepted.Load() {
		r.withdrawn, r.gone = r.gone, nil
	}
	if len(r.signers) == shown {
		r.gone = r.signers[0]
		r.signers = append([]*signer(nil), r.signers[1:]...)
		r.as.Retire(r.gone.id)
	}
}

func (r *ring) publish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := r.as.Rotate(testserver.Rotation{PublishFirst: true})
	r.staged = &signer{id: key.ID, published: time.Now()}
}

func (r *ring) sign() {
	r.as.Rotate()
	r.staged.mint(r.as)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signers, r.staged = append(r.signers, r.staged), nil
	r.rotations++
}

// mint makes tokens of the key, which is the one that signs.
func (s *signer) mint(as *testserver.Server) {
	for range copies {
		s.good = append(s.good, as.Token(testserver.Scope(scope)))
	}
	for defect, token := range as.BadTokens(testserver.Scope(scope)) {
		due, _ := defect.Expect()
		s.hostile = append(s.hostile, hostile{string(defect), token, due})
	}
}

func (r *ring) newest() *signer { return r.signers[len(r.signers)-1] }

// recent is one of the keys in use; half of the numbers mean the newest.
func (r *ring) recent(n int) *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	back := max(0, n%(2*inUse)-inUse)
	return r.signers[max(0, len(r.signers)-1-back)]
}

// known is one of the keys in use that have been accepted, or else the newest.
func (r *ring) known(n int) *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var known []*signer
	for _, s := range r.signers[max(0, len(r.signers)-inUse):] {
		if s.accepted.Load() {
			known = append(known, s)
		}
	}
	if len(known) == 0 {
		return r.newest()
	}
	return known[n%len(known)]
}

// banned is a withdrawn key, nil while there is none.
func (r *ring) banned() *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.withdrawn
}

// ifSettled calls f if the verifier knows all keys: the newest was accepted,
// and none is published that it has had no reason to look for. Neither changes
// while f runs.
func (r *ring) ifSettled(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	settled := r.staged == nil && r.newest().accepted.Load()
	if settled {
		f()
	}
	return settled
}
