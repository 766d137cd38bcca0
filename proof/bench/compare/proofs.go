package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// proofs measures a whole request with a token that is bound to a key. Every
// request has a new DPoP proof. proofs does not use a network.
func proofs(ctx context.Context, m meter) (table, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := table{columns: []string{"µs", "× raw ES256", "bytes", "allocs"},
		notes: "The rows of the libraries are whole requests, with a token that was seen before. Token and proof are signed with ES256. Bearerguard accepts each proof once; " +
			"auth0/go-jwt-middleware does not remember proofs. The last two rows are parts of Bearerguard's work."}
	s, err := open(ctx, "ES256")
	if err != nil {
		return t, err
	}
	c := client{key: testserver.GenerateKey("ES256", "client"), used: map[http.Handler]int{}}
	c.token = s.as.Token(testserver.BoundTo(c.key))
	for range m.calls() {
		c.proofs = append(c.proofs, testserver.Proof(c.key, http.MethodGet, rival.Audience+rival.Route, c.token))
	}
	raw, err := rival.RawCrypto().Open(ctx, rival.Settings{Key: c.key.Private.Public()})
	if err != nil {
		return t, err
	}
	names, ops := []string{rival.RawCrypto().String()}, []func(){func() { _ = raw.Verify(ctx, c.proofs[0][0]) }}
	if err := raw.Verify(ctx, c.proofs[0][0]); err != nil {
		return t, err
	}
	var fault error
	for _, p := range rival.Proven() {
		h, err := p.Open(ctx, s.settings)
		if err != nil {
			return t, fmt.Errorf("%s: %w", p.Name, err)
		}
		if err := c.isProtected(h, s.as); err != nil {
			return t, fmt.Errorf("%s: %w", p.Name, err)
		}
		names, ops = append(names, p.Name), append(ops, func() {
			if status := c.send(h); status != http.StatusOK {
				fault = fmt.Errorf("%s: got status %d, want 200", p.Name, status)
			}
		})
	}
	names, ops = append(names, "a replay entry in memory", "the check of a nonce"), append(ops, storingEntries(ctx), checkingNonces())
	found := m.measure(ops...)
	for i, name := range names {
		bytes, allocs := memory(ops[i])
		t.add(name, micro(found[i].median()), times1(found[i].over(found[0])), whole(bytes), whole(allocs))
	}
	return t, fault
}

// calls returns how often one operation is called at most. It assumes that each
// call takes at least 20 µs.
func (m meter) calls() int { return 2000 + m.rounds*int(m.slice/(20*time.Microsecond)+64) }

// client is a client with a key. It makes all its proofs in advance.
type client struct {
	key    testserver.Key
	token  string
	proofs [][]string
	used   map[http.Handler]int // number of proofs that each API has received
}

// send sends a request with the next proof, and returns the status.
func (c *client) send(h http.Handler) int {
	i := c.used[h]
	c.used[h]++
	return sendProof(h, "DPoP "+c.token, c.proofs[i%len(c.proofs)])
}

func sendProof(h http.Handler, authorization string, proofs []string) int {
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, rival.Audience+rival.Route, nil)
	r.TLS = new(tls.ConnectionState)
	r.Header["Authorization"], r.Header["Dpop"] = []string{authorization}, proofs
	w := &discard{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, r)
	return w.status
}

// isProtected returns an error if the API refuses a good request or accepts a
// bad one.
func (c *client) isProtected(h http.Handler, as *testserver.Server) error {
	prove := func(token, path string, key testserver.Key) []string {
		return testserver.Proof(key, http.MethodGet, rival.Audience+path, token)
	}
	good := prove(c.token, rival.Route, c.key)
	tampered := []string{good[0][:len(good[0])-4] + "AAAA"}
	expired := as.Token(testserver.BoundTo(c.key), testserver.With(testserver.Expired))
	switch {
	case sendProof(h, "DPoP "+c.token, good) != http.StatusOK:
		return errors.New("a good request was refused")
	case sendProof(h, "DPoP "+c.token, nil) == http.StatusOK:
		return errors.New("a request without a proof was accepted")
	case sendProof(h, "Bearer "+c.token, nil) == http.StatusOK:
		return errors.New("a bound token was accepted as a bearer token")
	case sendProof(h, "DPoP "+c.token, tampered) == http.StatusOK:
		return errors.New("a proof with a wrong signature was accepted")
	case sendProof(h, "DPoP "+c.token, prove(c.token, "/other", c.key)) == http.StatusOK:
		return errors.New("a proof for another URL was accepted")
	case sendProof(h, "DPoP "+c.token, prove(c.token, rival.Route, testserver.GenerateKey("ES256", ""))) == http.StatusOK:
		return errors.New("a proof of another key was accepted")
	case sendProof(h, "DPoP "+expired, prove(expired, rival.Route, c.key)) == http.StatusOK:
		return errors.New("an expired token was accepted")
	}
	return nil
}

// storingEntries returns a function that stores another replay entry on each
// call.
func storingEntries(ctx context.Context) func() {
	memory, i := dpop.NewMemory(100_000_000), uint64(0)
	return func() {
		i++
		key := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		_, _ = memory.FirstOf(ctx, "client", key, time.Now().Add(90*time.Second))
	}
}

func checkingNonces() func() {
	nonces := dpop.NewNonces(make([]byte, 32), time.Minute)
	nonce := nonces.Issue(time.Now())
	return func() { _, _, _ = nonces.Accept(time.Now(), nonce) }
}
