package middleware_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

// The test uses more headers than the cache has slots, so that some headers
// share a slot. All headers have the same length.
func TestHeadersAreCachedByAllTheirText(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.TokenCache = -1 })
	s.Maker = s.with("EdDSA")
	header := func(typ string, n int) string { return s.Header("typ", typ, "n", fmt.Sprintf(`"%03d"`, n)) }
	for n := range 200 {
		assertPasses(t, s, s.Token(header(`"at+jwt"`, n), s.Claims()))
	}
	for n := range 200 {
		if _, err := s.verify(s.Token(header(`"no+jwt"`, n), s.Claims())); !errors.Is(err, middleware.ErrType) {
			t.Fatalf("got %v, want %v", err, middleware.ErrType)
		}
		assertPasses(t, s, s.Token(header(`"at+jwt"`, n), s.Claims()))
	}
}

// A cached header is checked against the algorithms of each issuer.
func TestCachedHeaderIsCheckedAgainstTheIssuersAlgorithms(t *testing.T) {
	s := newSetup(t)
	assertPasses(t, s, s.Good())
	other := s.Maker
	other.Issuer = "https://other.example"
	strict := newVerifier(t, middleware.Config{
		Audience: "api", Client: s.as.Client(), Logger: quiet, Now: clock,
		Issuers: []middleware.Issuer{{URL: s.as.Issuer()}, {URL: other.Issuer, Keys: remote(t, s.as), Algorithms: []string{"ES512"}}},
	})
	s.v = strict
	assertPasses(t, s, s.Good())
	assertRefused(t, s, other.Good(), middleware.ErrAlgorithm)
}
