package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	glue "github.com/bearerguard/bearerguard/proof/redis"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/testserver"
)

// measured contains what one token, proof, revocation or read of the feed
// costs.
type measured struct {
	listBytes, entryBytes, tokenBytes float64 // bytes on a machine for a revocation, a replay entry and a cached JWT

	checkMicros, cachedMicros, proofMicros float64 // CPU time of a machine for an uncached JWT, a cached JWT, and a proof with a cached JWT

	redisEntry, redisAnswer, redisRevocation      float64 // bytes in Redis for a replay entry, a response and a revocation
	entryMicros, getMicros, setMicros, feedMicros float64 // CPU time of Redis for a proof, reading a response, writing a response, and reading an unchanged feed
	feedBytes, revocationBytes                    float64 // bytes sent to a machine for reading an unchanged feed, and for a revocation
}

const (
	lifetime   = time.Hour
	answerSize = 400 // bytes of a typical introspection answer
	workers    = 64
	origin     = "https://api.example.com"
)

func measure(ctx context.Context, server *redisServer, n int) (m measured, err error) {
	return m, errors.Join(m.measureMachine(ctx, n), m.measureRequests(ctx, n), m.measureRedis(ctx, server, n))
}

// measureMachine measures the memory that a revocation and a replay entry need
// on a machine.
func (m *measured) measureMachine(ctx context.Context, n int) error {
	list, err := revoke.New(revoke.Config{MaxEntries: n})
	if err != nil {
		return err
	}
	until := time.Now().Add(lifetime)
	before := heap()
	for range n {
		if err := list.Add(ctx, revocation(until)); err != nil {
			return err
		}
	}
	m.listBytes = (heap() - before) / float64(n)

	replay := dpop.NewMemory(n)
	before = heap()
	for i := range n {
		if _, err := replay.First(ctx, key(i), until); err != nil {
			return err
		}
	}
	m.entryBytes = (heap() - before) / float64(n)
	runtime.KeepAlive(list)
	runtime.KeepAlive(replay)
	return nil
}

func revocation(until time.Time) revoke.Revocation {
	return revoke.Revocation{Issuer: "https://login.example.com", Kind: revoke.Token, Value: rand.Text() + "-" + rand.Text()[:9], Until: until}
}

func key(i int) [32]byte { return sha256.Sum256([]byte(strconv.Itoa(i))) }

// heap returns the number of bytes that are allocated on the heap.
func heap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}

// measureRequests measures the CPU time of Verifier.Authorize for a request,
// and the memory of a cached JWT.
func (m *measured) measureRequests(ctx context.Context, n int) error {
	as, err := testserver.Start(ctx, testserver.SigningAlg("RS256"), testserver.Audience(origin))
	if err != nil {
		return err
	}
	defer as.Close()
	n = max(n/20, 10)
	verifier := func(cached int) (*middleware.Verifier, error) {
		return middleware.NewVerifier(middleware.Config{
			Audience: origin, Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(),
			TokenCache: cached, Origins: []string{origin}, DPoP: new(dpop.Policy),
		})
	}
	key := testserver.GenerateKey("ES256", "")
	bound := as.Token(testserver.BoundTo(key), testserver.ExpiresIn(lifetime))
	tokens := make([]http.Header, n)
	proofs := make([]http.Header, n)
	for i := range n {
		tokens[i] = http.Header{"Authorization": {"Bearer " + as.Token(testserver.ExpiresIn(lifetime))}}
		proofs[i] = http.Header{"Authorization": {"DPoP " + bound}, "Dpop": testserver.Proof(key, http.MethodGet, origin+"/orders", bound)}
	}
	v, err := verifier(2 * n)
	if err != nil {
		return err
	}
	if err := v.Warm(ctx); err != nil {
		return err
	}
	before := heap()
	if m.checkMicros, err = perRequest(ctx, v, tokens); err != nil {
		return err
	}
	m.tokenBytes = (heap() - before) / float64(n)
	if m.cachedMicros, err = perRequest(ctx, v, tokens); err != nil {
		return err
	}
	m.proofMicros, err = perRequest(ctx, v, proofs)
	return err
}

// perRequest returns the CPU time of this process for each request, in
// microseconds.
func perRequest(ctx context.Context, v *middleware.Verifier, headers []http.Header) (float64, error) {
	before := cpu()
	for _, header := range headers {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/orders", http.NoBody)
		if err != nil {
			return 0, err
		}
		r.Header = header
		if _, err := v.Authorize(http.Header{}, r); err != nil {
			return 0, fmt.Errorf("a good request was refused: %w", err)
		}
	}
	return (cpu() - before) * 1e6 / float64(len(headers)), nil
}

// cpu returns the CPU time of this process in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// measureRedis measures what Redis needs. The workers constant limits the
// number of concurrent calls.
func (m *measured) measureRedis(ctx context.Context, server *redisServer, n int) error {
	store, err := redisstore.New(redisstore.Config{
		Do: glue.WithGoRedis(server.client), Secret: make([]byte, 32), Timeout: time.Second, ProofWindow: 2 * lifetime,
		Local: dpop.NewMemory(n * workers), // one client may use only a quarter of the entries
	})
	if err != nil {
		return err
	}
	if err := store.Initialize(ctx); err != nil {
		return err
	}
	until, value := time.Now().Add(lifetime), make([]byte, answerSize)
	name := func(i int) string { k := key(i); return string(k[:]) }
	publish := func(ctx context.Context, _ int) error { return store.Publish(ctx, revocation(until)) }
	position := ""
	read := func(ctx context.Context, _ int) error {
		for {
			batch, err := store.Read(ctx, position)
			if err != nil {
				return err
			}
			position = batch.Next
			if !batch.More {
				return nil
			}
		}
	}
	for _, part := range []struct {
		calls, workers int
		call           func(ctx context.Context, i int) error
		bytes          *float64
		micros         *float64
		sent           *float64
	}{
		{n, workers, func(ctx context.Context, i int) error { _, err := store.First(ctx, key(i), until); return err }, &m.redisEntry, &m.entryMicros, nil},
		{n, workers, func(ctx context.Context, i int) error { return store.Set(ctx, name(i), value, lifetime) }, &m.redisAnswer, &m.setMicros, nil},
		{n, workers, func(ctx context.Context, i int) error { _, _, err := store.Get(ctx, name(i)); return err }, nil, &m.getMicros, nil},
		{n, workers, publish, &m.redisRevocation, nil, nil},
		{1, 1, read, nil, nil, &m.revocationBytes},
		{max(n/10, 1), 1, read, nil, &m.feedMicros, &m.feedBytes},
	} {
		before, err := server.usage(ctx)
		if err != nil {
			return err
		}
		calls, limited := errgroup.WithContext(ctx)
		calls.SetLimit(part.workers)
		for i := range part.calls {
			calls.Go(func() error { return part.call(limited, i) })
		}
		if err := calls.Wait(); err != nil {
			return err
		}
		after, err := server.usage(ctx)
		if err != nil {
			return err
		}
		count := float64(part.calls)
		if part.sent == &m.revocationBytes {
			count = float64(n) // one read returns all revocations
		}
		for _, result := range []struct {
			to    *float64
			value float64
		}{{part.bytes, after.bytes - before.bytes}, {part.micros, (after.seconds - before.seconds) * 1e6}, {part.sent, after.sent - before.sent}} {
			if result.to != nil {
				*result.to = result.value / count
			}
		}
	}
	return nil
}
