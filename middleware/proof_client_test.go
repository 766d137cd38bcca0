package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// A client that sends many proofs receives 503 before it has filled the store,
// and other clients are not affected. A replayed proof is not charged to the
// quota of the client. Otherwise an attacker without the key could use up this
// quota.
func TestOneClientCannotFillTheMemory(t *testing.T) {
	var seen []middleware.Observation
	c := newClient(t, func(config *middleware.Config) {
		config.DPoP.Replay = dpop.NewMemory(16)
		config.Observe = func(_ context.Context, o middleware.Observation) { seen = append(seen, o) }
	})
	used := c.proof()
	wants(t, c.send(t, used), nil)
	for range 20 {
		wants(t, c.send(t, used), middleware.ErrReplay)
	}
	for range 3 {
		wants(t, c.send(t, c.proof()), nil)
	}
	h, err := c.authorize(t, "DPoP", c.proof())
	refusal, ok := errors.AsType[*middleware.Error](err)
	if !ok || refusal.StatusCode() != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || h.Get("WWW-Authenticate") != "" {
		t.Errorf("got %v and %v for a client with a quarter of the replay entries, want 503 without a challenge", err, h)
	}
	if last := seen[len(seen)-1]; last.Reason != "quota" {
		t.Errorf("got the reason %q, want quota, which is not an outage", last.Reason)
	}
	c.use(testserver.GenerateKey("ES256", "another client"))
	wants(t, c.send(t, c.proof()), nil)
}

// Machines that share the store check the time of a proof by their own clocks.
// If a machine's clock is behind by the clock skew, the machine accepts the
// proof for longer. The replay entry must last that long.
func TestMachinesThatShareTheStoreAcceptAProofOnce(t *testing.T) {
	nonces := dpop.NewNonces(make([]byte, 32), time.Minute)
	for name, policy := range map[string]dpop.Policy{"by time": {}, "by nonce": {Nonces: nonces}} {
		t.Run(name, func(t *testing.T) {
			store := &sharedStore{entries: map[[32]byte]time.Time{}}
			policy.Replay = store
			offset := time.Duration(0)
			c := newClient(t, func(config *middleware.Config) {
				config.DPoP = &policy
				config.Now = func() time.Time { return now.Add(offset) }
			})
			proof := c.proof("nonce", `"`+nonces.Issue(now)+`"`)
			wants(t, c.send(t, proof), nil)
			for seconds := range 200 {
				store.later = time.Duration(seconds) * time.Second
				offset = store.later - 30*time.Second // the clock of this machine is behind
				if err := c.send(t, proof); err == nil {
					t.Fatalf("accepted again after %d seconds", seconds)
				}
			}
		})
	}
}

// sharedStore is a store with its own clock. Tests set how far this clock is
// ahead.
type sharedStore struct {
	later   time.Duration
	entries map[[32]byte]time.Time
}

func (s *sharedStore) First(_ context.Context, key [32]byte, until time.Time) (bool, error) {
	at := time.Now().Add(s.later)
	if at.Before(s.entries[key]) {
		return false, nil
	}
	s.entries[key] = until
	return true, nil
}

// Clients add various members to the header and to jwk. Their proofs must be
// accepted.
func TestProofsOfRealClientsPass(t *testing.T) {
	c := newClient(t)
	jwk := jwkOf(c.key)
	for name, head := range map[string]string{
		"kid in the header":          c.head("kid", `"key-1"`),
		"an empty kid in the header": c.head("kid", `""`),
		"kid in jwk":                 c.head("jwk", jwk[:len(jwk)-1]+`,"kid":""}`),
		"use and alg in jwk":         c.head("jwk", jwk[:len(jwk)-1]+`,"use":"sig","alg":"ES256"}`),
		"members of Web Crypto":      c.head("jwk", jwk[:len(jwk)-1]+`,"ext":true,"key_ops":["verify"]}`),
		"another parameter":          c.head("x", `1`),
	} {
		t.Run(name, func(t *testing.T) { wants(t, c.send(t, c.signed(head, c.body())), nil) })
	}
}

// A token with typ or token_type "DPoP" but without cnf is not accepted as a
// bearer token.
func TestATokenOfTypeDPoPNeedsCnf(t *testing.T) {
	c := newClient(t)
	for _, claim := range []string{"typ", "token_type"} {
		_, err := c.verify(c.bound("", claim, `"DPoP"`))
		wants(t, err, middleware.ErrConfirmation)
		c.token = c.bound(`{"jkt":"`+thumbprintOf(c.key)+`"}`, claim, `"DPoP"`)
		wants(t, c.send(t, c.proof()), nil)
		wants(t, c.send(t, c.proof()), nil) // the token is now cached
	}
}

// An introspection answer about a bound JWT may leave cnf out.
func TestAnAnswerAboutABoundJWTMayLeaveCnfOut(t *testing.T) {
	for answer, want := range map[string]error{
		`{"active":true,"token_type":"DPoP"}`: nil,
		`{"active":true,"token_type":"DPoP","cnf":{"jkt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}`: middleware.ErrConfirmation,
		`{"active":true,"token_type":"refresh_token"}`:                                                    middleware.ErrType,
	} {
		t.Run(answer, func(t *testing.T) {
			stub := stubAnswering(answer)
			c := newClient(t, func(config *middleware.Config) {
				config.Issuers[0].Introspection, config.Issuers[0].IntrospectionMode = stub.client(t), middleware.IntrospectJWTs
			})
			wants(t, c.send(t, c.proof()), want)
		})
	}
}

// The cache of client keys holds only one entry for a client, even if the
// client's proofs have many different headers.
func TestOneClientHasOneCachedKey(t *testing.T) {
	c := newClient(t)
	for i := range 50 {
		wants(t, c.send(t, c.signed(c.head("x", fmt.Sprint(i)), c.body())), nil)
	}
	if got := c.v.CachedSigners(); got != 1 {
		t.Errorf("got %d cached keys, want 1", got)
	}
}
