package middleware_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

func withoutTokenCache(c *middleware.Config) { c.TokenCache = -1 }

// ath is checked for cached JWTs, uncached JWTs and opaque tokens.
func TestTokenOfAProof(t *testing.T) {
	clients := map[string]*client{"a JWT": newClient(t, withTokenCache), "a JWT without a cache": newClient(t, withoutTokenCache)}
	key := testserver.GenerateKey("ES256", "")
	stub := stubFor(nil)
	handles := newClient(t, caching(stub, time.Hour))
	handles.key, handles.token = key, handle
	stub.replace(func(string) string {
		return fmt.Sprintf(`{"active":true,"aud":"api","exp":99999999999,"token_type":"DPoP","cnf":{"jkt":%q}}`, thumbprintOf(key))
	})
	clients["an opaque token"] = handles
	for kind, c := range clients {
		sum := sha256Sum(c.token)
		ath := func(text string) string { return c.proof("ath", `"`+text+`"`) }
		right := base64.RawURLEncoding.EncodeToString(sum)
		for range 2 { // the second time, the token can be in the cache
			for name, tt := range map[string]struct {
				proof string
				want  error
			}{
				"the hash":                 {ath(right), nil},
				"none":                     {c.proof("ath", ""), middleware.ErrProofRequest},
				"an empty text":            {ath(""), middleware.ErrProofRequest},
				"padding":                  {ath(right + "="), middleware.ErrProofRequest},
				"standard base64":          {ath(base64.RawStdEncoding.EncodeToString(sum) + "+/"), middleware.ErrProofRequest},
				"hexadecimal":              {ath(fmt.Sprintf("%x", sum)), middleware.ErrProofRequest},
				"half of the hash":         {ath(right[:22]), middleware.ErrProofRequest},
				"the hash of another":      {ath(base64.RawURLEncoding.EncodeToString(sha256Sum(c.token + "x"))), middleware.ErrProofRequest},
				"the hash of a hash":       {ath(base64.RawURLEncoding.EncodeToString(sha256Sum(right))), middleware.ErrProofRequest},
				"the hash with the scheme": {ath(base64.RawURLEncoding.EncodeToString(sha256Sum("DPoP " + c.token))), middleware.ErrProofRequest},
			} {
				t.Run("D12/"+kind+"/"+name, func(t *testing.T) { wants(t, c.send(t, tt.proof), tt.want) })
			}
		}
	}
	stub.assertReceived(t, handle) // the answer was cached
}

// A proof is valid for one token only, even if another token is bound to the
// same key.
func TestProofOfAnotherToken(t *testing.T) {
	c := newClient(t)
	proof := c.proof()
	c.token = c.bound(`{"jkt":"`+thumbprintOf(c.key)+`"}`, "jti", `"another"`)
	wants(t, c.send(t, proof), middleware.ErrProofRequest)
}

func TestACachedBoundToken(t *testing.T) {
	c := newClient(t, withTokenCache)
	attacker := &client{setup: c.setup, key: testserver.GenerateKey("ES256", "attacker"), token: c.token}
	cached := func() int { return c.v.Stats().Tokens }
	wants(t, c.send(t, "bad"), middleware.ErrProof)
	if got := cached(); got != 0 {
		t.Errorf("got %d cached tokens after a bad proof, want none", got)
	}
	for range 2 {
		wants(t, c.send(t, c.proof()), nil)
	}
	if got := c.v.Stats(); got.Tokens != 1 || got.Hits != 1 {
		t.Fatalf("got %+v, want the token cached", got)
	}
	used := c.proof()
	wants(t, c.send(t, used), nil)
	// An attacker with the token, but without its key, must not be able to
	// remove the token from the cache. Otherwise the attacker could slow down
	// the requests of the token's owner.
	for _, tt := range []struct {
		name   string
		proofs []string
		want   error
	}{
		{"no proof", nil, middleware.ErrProof},
		{"a proof that was used", []string{used}, middleware.ErrReplay},
		{"a proof of another key", []string{attacker.proof()}, middleware.ErrProofKey},
		{"a proof for another method", []string{c.proof("htm", `"PUT"`)}, middleware.ErrProofRequest},
		{"a proof for another URL", []string{c.proof("htu", `"https://evil.example/"`)}, middleware.ErrProofRequest},
		{"an old proof", []string{c.proof(at("iat", -91)...)}, middleware.ErrProofTime},
		{"a proof for another token", []string{c.proof("ath", `"x"`)}, middleware.ErrProofRequest},
		{"a wrong signature", []string{c.proof()[:len(used)-4] + "AAAA"}, middleware.ErrProof},
	} {
		wants(t, c.send(t, tt.proofs...), tt.want)
		if cached() != 1 {
			t.Fatalf("%s removed the token from the cache", tt.name)
		}
	}
	_, err := c.v.Verify(t.Context(), middleware.Credentials{Token: c.token})
	wants(t, err, middleware.ErrBound)
	if cached() != 1 {
		t.Fatal("the scheme Bearer removed the token from the cache")
	}
	// With the scheme DPoP, a token that is not bound to a key is refused, even
	// if the token is cached.
	c.token = c.Good()
	for range 2 {
		_, err := c.v.Verify(t.Context(), middleware.Credentials{Token: c.token})
		wants(t, err, nil)
	}
	wants(t, c.send(t, c.proof()), middleware.ErrUnbound)
	if cached() != 2 {
		t.Error("the wrong scheme removed a token from the cache")
	}
}

func TestACachedBoundTokenThatIsRevoked(t *testing.T) {
	revoked := "nothing"
	c := newClient(t, withTokenCache, func(c *middleware.Config) {
		c.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) { return token.ID == revoked, nil }
	})
	for range 2 {
		wants(t, c.send(t, c.proof()), nil)
	}
	proof := c.proof()
	revoked = "id-1"
	wants(t, c.send(t, proof), middleware.ErrRevoked)
	if got := c.v.Stats().Tokens; got != 0 {
		t.Errorf("got %d cached tokens, want none", got)
	}
	revoked = "nothing"
	wants(t, c.send(t, proof), nil) // the refusal did not use up the proof
}

// Keys of clients are cached only after they have verified a proof of a valid
// token. Otherwise anyone could replace the cached keys.
func TestOnlyProvenKeysAreCached(t *testing.T) {
	c := newClient(t)
	for name, send := range map[string]func() error{
		"a wrong signature": func() error { return c.send(t, c.proof()[:100]+"AAAA") },
		"a changed signature": func() error {
			proof := c.proof()
			return c.send(t, proof[:len(proof)-4]+"AAAA")
		},
		"another key": func() error {
			attacker := &client{setup: c.setup, key: testserver.GenerateKey("ES256", ""), token: c.token}
			return c.send(t, attacker.proof())
		},
		"another URL": func() error { return c.send(t, c.proof("htu", `"https://evil.example/"`)) },
	} {
		if err := send(); err == nil {
			t.Errorf("%s: the proof was accepted", name)
		}
		if got := c.v.CachedSigners(); got != 0 {
			t.Errorf("%s: got %d cached keys, want none", name, got)
		}
	}
	for range 3 {
		wants(t, c.send(t, c.proof()), nil)
	}
	if got := c.v.CachedSigners(); got != 1 {
		t.Errorf("got %d cached keys, want 1", got)
	}
	// A cached key is used only for the header with which it was cached, byte
	// for byte.
	attacker := testserver.GenerateKey("ES256", "attacker")
	wants(t, c.send(t, forge.Maker{Key: attacker}.Token(c.head(), c.body())), middleware.ErrProof)
	wants(t, c.send(t, c.signed(c.head("typ", `"JWT"`), c.body())), middleware.ErrProof)
	for i := range 50 { // a new header replaces the cached header of a key
		wants(t, c.send(t, c.signed(c.head("x", fmt.Sprint(i)), c.body())), nil)
	}
	wants(t, c.send(t, c.proof()), nil)
}

func TestReplay(t *testing.T) {
	c := newClient(t)
	first := c.proof("jti", `"a"`)
	wants(t, c.send(t, first), nil)
	for name, proof := range map[string]string{
		"the same proof":       first,
		"another signature":    c.proof("jti", `"a"`),
		"another time":         c.proof(append(at("iat", -5), "jti", `"a"`)...),
		"another spelling":     c.proof("jti", `"\u0061"`),
		"another htu spelling": c.proof("jti", `"a"`, "htu", `"HTTPS://api.example.com:443/orders"`),
		"another header":       c.signed(c.head("x", "1"), c.body("jti", `"a"`)),
	} {
		t.Run("D13/"+name, func(t *testing.T) {
			wants(t, c.send(t, proof), middleware.ErrReplay)
			_, err := c.authorize(t, "DPoP", proof)
			wants(t, err, middleware.ErrReplay)
		})
	}
	wants(t, c.send(t, c.proof("jti", `"A"`)), nil)
	other := &client{setup: c.setup}
	other.use(testserver.GenerateKey("ES256", "other"))
	t.Run("D14/the same jti of another key", func(t *testing.T) { wants(t, other.send(t, other.proof("jti", `"a"`)), nil) })

	off := newClient(t, func(c *middleware.Config) { c.DPoP.Replay = dpop.Off })
	again := off.proof()
	for range 3 {
		wants(t, off.send(t, again), nil)
	}
}

// The key of a replay entry depends only on the jti and on the thumbprint of
// the client's key, so all machines compute the same key for a proof.
func TestTheKeyOfAReplayEntryIsAHashOfThumbprintAndJTI(t *testing.T) {
	store := &replayRecorder{answer: func() (bool, error) { return true, nil }}
	c := newClient(t, func(c *middleware.Config) { c.DPoP.Replay = store })
	wants(t, c.send(t, c.proof("jti", `"a"`)), nil)
	if want := sha256Sum(thumbprintOf(c.key) + "\x00a"); len(store.keys) != 1 || string(store.keys[0][:]) != string(want) {
		t.Errorf("got %x, want %x", store.keys, want)
	}
}

func TestConcurrentReplays(t *testing.T) {
	c := newClient(t)
	proof, answers := c.proof(), make(chan error)
	for range 100 {
		go func() { answers <- c.send(t, proof) }()
	}
	accepted := 0
	for range 100 {
		if err := <-answers; err == nil {
			accepted++
		} else {
			wants(t, err, middleware.ErrReplay)
		}
	}
	if accepted != 1 {
		t.Errorf("D13: %d of 100 requests with one proof were accepted, want 1", accepted)
	}
}

// If the replay store returns an error, the status is 503, and the error is not
// invalid_dpop_proof.
func TestReplayStoreFails(t *testing.T) {
	failure := errors.New("redis: secret of the operator")
	for name, tt := range map[string]struct {
		replay dpop.Replay
		want   error
	}{
		"D16/full":                       {&replayRecorder{answer: func() (bool, error) { return false, dpop.ErrFull }}, dpop.ErrFull},
		"D20/down":                       {&replayRecorder{answer: func() (bool, error) { return false, failure }}, failure},
		"D20/down, and the answer first": {&replayRecorder{answer: func() (bool, error) { return true, failure }}, failure},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, withTokenCache, func(c *middleware.Config) { c.DPoP.Replay = tt.replay })
			err := c.send(t, c.proof())
			wants(t, err, middleware.ErrUnavailable)
			wants(t, err, tt.want)
			if strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("got %v, which quotes the error of the store", err)
			}
			h, _ := c.authorize(t, "DPoP", c.proof())
			if h.Get("WWW-Authenticate") != "" || h.Get("Retry-After") == "" {
				t.Errorf("got %v, want Retry-After and no challenge", h)
			}
		})
	}
	t.Run("D20/panics", func(t *testing.T) {
		c := newClient(t, func(c *middleware.Config) {
			c.DPoP.Replay = &replayRecorder{answer: func() (bool, error) { panic("store") }}
		})
		wants(t, c.send(t, c.proof()), middleware.ErrInternal)
	})
}
