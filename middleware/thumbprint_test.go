package middleware_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// by returns a token without kid and with the given x5t.
func by(m forge.Maker, x5t string) string {
	return m.Token(m.Header("kid", "", "x5t", x5t), m.Claims())
}

func quoted(text string) string { return `"` + text + `"` }

func TestThreatsThumbprint(t *testing.T) {
	s := newSetup(t)
	rs := s.with("RS256")
	s.check(t, "J12", []tokenCase{
		{"x5t that is the kid of the only key for the algorithm is accepted", by(s.Maker, quoted(s.Key.ID)), nil},
		{"x5t that names no key counts as absent", by(s.Maker, `"unknown"`), nil},
		{"x5t that names a key for another algorithm counts as absent", by(s.Maker, quoted(rs.Key.ID)), nil},
		{"x5t that is not a string counts as absent", by(s.Maker, `["x"]`), nil},
		{"x5t that is null counts as absent", by(s.Maker, "null"), nil},
		{"x5t that is not a key ID counts as absent", by(s.Maker, `"a\u0000"`), nil},
	})
	another := s.with("ES256")
	unpublished := s.Maker
	unpublished.Key = testserver.GenerateKey("ES256", "x")
	fresh := &setup{as: s.as, Maker: s.Maker, v: newVerifier(t, middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: s.Issuer}}, Client: s.as.Client(), Logger: quiet, Now: clock,
	})}
	fresh.check(t, "J12", []tokenCase{
		{"x5t chooses among several keys", by(s.Maker, quoted(s.Key.ID)), nil},
		{"x5t chooses the other one of several keys", by(another, quoted(another.Key.ID)), nil},
	})
	fresh.check(t, "N13", []tokenCase{
		{"x5t that names no key, of several, is refused", by(s.Maker, `"unknown"`), middleware.ErrSignature},
		{"x5t that names another key is refused", by(s.Maker, quoted(another.Key.ID)), middleware.ErrSignature},
		{"x5t that names a key does not help a signature by none", by(unpublished, quoted(s.Key.ID)), middleware.ErrSignature},
		{"x5t is ignored next to a kid, and the token refused", s.Token(s.Header("kid", `"unknown"`, "x5t", quoted(s.Key.ID)), s.Claims()), middleware.ErrSignature},
		{"x5t next to a good kid changes nothing", s.Token(s.Header("x5t", `"unknown"`), s.Claims()), nil},
	})
}

// If the signature of a token with x5t does not match the cached key, the
// verifier fetches the keys. The server may have added a key whose kid is x5t,
// or may have replaced its only key.
func TestThumbprintFetchesANewKey(t *testing.T) {
	for name, test := range map[string]struct {
		x5t func(fresh testserver.Key) string
		how testserver.Rotation
	}{
		"the token names the new key, which is added to the old one":        {func(k testserver.Key) string { return k.ID }, testserver.Rotation{}},
		"the token names the new key, which replaces the old one":           {func(k testserver.Key) string { return k.ID }, testserver.Rotation{DropOld: true}},
		"the token names neither key, and the new one replaces the old one": {func(testserver.Key) string { return "certificate" }, testserver.Rotation{DropOld: true}},
	} {
		t.Run("J12/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory(), testserver.Clock(clock))
				m := forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: "api", Now: now}
				s := &setup{as: as, Maker: m, v: newVerifier(t, middleware.Config{
					Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet, Now: clock,
				})}
				assertPasses(t, s, by(m, quoted(m.Key.ID)))
				time.Sleep(time.Minute) // too short for a scheduled refresh, so only the token can cause the second fetch
				m.Key = as.Rotate(test.how)
				token := by(m, quoted(test.x5t(m.Key)))
				assertPasses(t, s, token)
				assertPasses(t, s, token)
				if got := as.Count(testserver.EndpointJWKS); got != 2 {
					t.Errorf("the keys were fetched %d times, want 2 fetches", got)
				}
			})
		})
	}
}

// A token with x5t causes only one fetch if the issuer has no key for the
// algorithm of the token.
func TestAThumbprintForNoKeyOfTheAlgorithmIsOneFetch(t *testing.T) {
	source := new(countingSource)
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Keys = source })
	source.replace(t, s.as)
	m := s.Maker
	m.Key = testserver.GenerateKey("ES384", "x")
	assertRefused(t, s, by(m, `"unknown"`), middleware.ErrSignature)
	if source.unknown != 1 {
		t.Errorf("got %d unknown keys, want 1", source.unknown)
	}
}

// countingSource is a source that counts lookups of unknown keys. A
// [jwks.Remote] would fetch the key set for each of these lookups.
type countingSource struct {
	replaceableKeys
	unknown int
}

func (s *countingSource) Key(ctx context.Context, kid, alg string) (any, error) {
	key, err := s.replaceableKeys.Key(ctx, kid, alg)
	if errors.Is(err, jwks.ErrUnknownKey) {
		s.unknown++
	}
	return key, err
}
