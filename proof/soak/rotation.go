package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	inUse         = 3         // number of keys whose tokens are sent
	publishedKeys = inUse + 5 // large enough: all requests are answered before their key is withdrawn
	copies        = 4         // number of good tokens for each key
)

// signer is a signing key of the authorization server, with tokens signed by
// it.
type signer struct {
	id        string
	published time.Time
	good      []string
	hostile   []hostile
	accepted  atomic.Bool // a token of the key was accepted
}

// hostile is a token that must be refused.
type hostile struct {
	kind       string
	token      string
	wantStatus int // the expected status
}

// ring rotates the signing keys of the authorization server.
type ring struct {
	as           *testserver.Server
	lead, period time.Duration

	mu        sync.Mutex
	signers   []*signer // published keys that sign or have signed, the newest last
	staged    *signer   // published, but not signing yet
	dropped   *signer   // withdrawn, but perhaps still in the verifier's cache
	withdrawn *signer   // withdrawn, and removed from the verifier's key set
	rotations int
}

func newRing(as *testserver.Server, c config) *ring {
	first := &signer{id: as.SigningKey().ID, published: time.Now()}
	first.mint(as)
	return &ring{as: as, lead: c.minInterval + c.minInterval/4, period: c.period, signers: []*signer{first}}
}

// run rotates keys until ctx is done.
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

// withdraw removes the oldest key from the published key set if publishedKeys
// keys sign or have signed. If the verifier has accepted a token of the newest
// key, it has fetched a set without the key that the previous call of withdraw
// removed. From then on, it must refuse the tokens of that removed key.
func (r *ring) withdraw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dropped != nil && r.newest().accepted.Load() {
		r.withdrawn, r.dropped = r.dropped, nil
	}
	if len(r.signers) == publishedKeys {
		r.dropped = r.signers[0]
		r.signers = append([]*signer(nil), r.signers[1:]...)
		r.as.Retire(r.dropped.id)
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

// mint makes tokens signed with the key, which must be the current signing key.
func (s *signer) mint(as *testserver.Server) {
	for range copies {
		s.good = append(s.good, as.Token(testserver.Scope(scope)))
	}
	for defect, token := range as.BadTokens(testserver.Scope(scope)) {
		wantStatus, _ := defect.Expect()
		s.hostile = append(s.hostile, hostile{string(defect), token, wantStatus})
	}
}

func (r *ring) newest() *signer { return r.signers[len(r.signers)-1] }

// recent returns one of the keys in use, chosen by n. For two thirds of the
// possible values of n, it returns the newest key.
func (r *ring) recent(n int) *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	back := max(0, n%(2*inUse)-inUse)
	return r.signers[max(0, len(r.signers)-1-back)]
}

// cached returns one of the keys in use, chosen by n. It considers only keys
// whose tokens were accepted. If no key in use has an accepted token yet, it
// returns the newest key.
func (r *ring) cached(n int) *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	var accepted []*signer
	for _, s := range r.signers[max(0, len(r.signers)-inUse):] {
		if s.accepted.Load() {
			accepted = append(accepted, s)
		}
	}
	if len(accepted) == 0 {
		return r.newest()
	}
	return accepted[n%len(accepted)]
}

// banned returns the most recently withdrawn key among those that the verifier
// has removed from its key set, or nil. The tokens of this key must be refused.
func (r *ring) banned() *signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.withdrawn
}

// ifSettled calls f and returns true if the verifier has all published keys.
// This is the case if the verifier accepted a token of the newest key and no
// key is staged. ifSettled holds the lock while f runs, so that no key is
// published meanwhile.
func (r *ring) ifSettled(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	settled := r.staged == nil && r.newest().accepted.Load()
	if settled {
		f()
	}
	return settled
}
