package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	glue "github.com/bearerguard/bearerguard/proof/redis"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	revokeEvery = 500 * time.Millisecond
	probeFor    = 1500 * time.Millisecond // how long probe sends a revoked token; probeEvery is the pause between requests
	probeEvery  = 5 * time.Millisecond
	lifetime    = 10 * time.Minute // of revocations
	maxGone     = 200              // maximum number of tokens in load.gone
)

// revoker revokes tokens, like a receiver of security events. It sends a token
// before and after its revocation. In a storm, it sends a token only
// afterwards.
type revoker struct {
	load  *load
	list  *revoke.List
	storm int // revocations in a storm
}

// newRevoker returns a revoker with its own store and list, as if it ran on a
// separate machine.
func newRevoker(l *load, storm int) (*revoker, error) {
	quiet := slog.New(slog.DiscardHandler)
	store, err := redisstore.New(redisstore.Config{
		Do: glue.WithGoRedis(l.fleet.client), Secret: []byte(l.fleet.secret), Timeout: time.Second, Logger: quiet,
	})
	if err != nil {
		return nil, err
	}
	list, err := revoke.New(revoke.Config{Feed: store, OnLag: revoke.Accept, Logger: quiet})
	return &revoker{l, list, storm}, err
}

// run revokes one token after another until ctx ends.
func (r *revoker) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { _ = r.list.Run(ctx) }) // Run fails only if the list is already running
	for n := 0; wait(ctx, revokeEvery); n++ {
		all.Go(func() { r.revokeOne(ctx, kind(n)%kinds) })
	}
	all.Wait()
}

// revokeOne makes a token and revokes it by its jti. It sends the token before
// and after the revocation.
func (r *revoker) revokeOne(ctx context.Context, k kind) {
	s, id := r.newVictim(k)
	r.load.send(ctx, s)
	r.asked(s)
	if r.add(ctx, []revoke.Revocation{r.revocation(id)}) {
		r.probe(ctx, s)
	}
}

// revokeMany adds r.storm revocations of tokens that do not exist, and
// revocations of one new token of each kind, all in one call. It returns when
// the feed has stored all revocations. The returned function probe then sends
// the revoked tokens.
func (r *revoker) revokeMany(ctx context.Context) (probe func(), err error) {
	all := make([]revoke.Revocation, r.storm, r.storm+int(kinds))
	for i := range all {
		all[i] = r.revocation(fmt.Sprintf("storm-%032d", i)) // about as long as a UUID
	}
	var victims []sample
	for k := range kinds {
		s, id := r.newVictim(k)
		victims, all = append(victims, s), append(all, r.revocation(id))
		r.asked(s)
	}
	if !r.add(ctx, all) {
		return func() {}, ctx.Err()
	}
	return func() {
		var probes sync.WaitGroup
		for _, s := range victims {
			probes.Go(func() { r.probe(ctx, s) })
		}
		probes.Wait()
	}, nil
}

func (r *revoker) revocation(id string) revoke.Revocation {
	return revoke.Revocation{Issuer: r.load.fleet.as.Issuer(), Kind: revoke.Token, Value: id, Until: time.Now().Add(lifetime)}
}

// newVictim makes a token that will be revoked, and returns its jti.
func (r *revoker) newVictim(k kind) (s sample, id string) {
	t := r.load.recording
	t.mu.Lock()
	s = sample{kind: k, want: revoked, victim: len(t.victims)}
	t.victims = append(t.victims, victim{kind: k})
	t.mu.Unlock()
	id = fmt.Sprint("victim-", s.victim)
	options := []testserver.TokenOption{testserver.Claim("jti", id)}
	switch k {
	case opaque:
		options = append(options, testserver.OpaqueTokens())
	case bound:
		s.key = testserver.GenerateKey("ES256", "")
		options = append(options, testserver.BoundTo(s.key))
	default:
	}
	s.token = r.load.mint(options...)
	return s, id
}

// asked records that the revocation of a token begins.
func (r *revoker) asked(s sample) {
	t := r.load.recording
	t.mu.Lock()
	defer t.mu.Unlock()
	t.victims[s.victim].asked = time.Since(r.load.began)
}

// add repeats a call until the revocations are acknowledged, as a sender of
// events does. It returns false if ctx ends first.
func (r *revoker) add(ctx context.Context, all []revoke.Revocation) bool {
	for ctx.Err() == nil {
		if r.list.Add(ctx, all...) == nil {
			return true
		}
		wait(ctx, 100*time.Millisecond)
	}
	return false
}

// probe records that the revocation of a token is acknowledged. It then sends
// the token repeatedly for probeFor.
func (r *revoker) probe(ctx context.Context, s sample) {
	t := r.load.recording
	acked := time.Now()
	t.mu.Lock()
	t.victims[s.victim].acked = acked.Sub(r.load.began)
	t.mu.Unlock()
	for time.Since(acked) < probeFor && ctx.Err() == nil {
		r.load.send(ctx, s)
		wait(ctx, probeEvery)
	}
	r.load.mu.Lock()
	defer r.load.mu.Unlock()
	r.load.gone = append(r.load.gone[max(0, len(r.load.gone)-maxGone+1):len(r.load.gone):len(r.load.gone)], s)
}
