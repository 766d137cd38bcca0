package middleware_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// minAllocations returns the smallest number of allocations that a call of f
// makes. A mean is not reliable, because a sync.Pool drops entries at random
// under the race detector.
func minAllocations(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 50 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

// typicalClaims returns claims that are typical of real issuers.
func (s *setup) typicalClaims(pairs ...string) string {
	return s.Claims(append([]string{"nbf", "1767268800", "scope", `"orders:read orders:write invoices:read openid profile email"`}, pairs...)...)
}

func TestAllocationsOfAVerification(t *testing.T) {
	for alg, most := range map[testserver.Alg]float64{"RS256": 21, "ES256": 24, "EdDSA": 12} {
		s := newSetup(t, func(c *middleware.Config) { c.TokenCache = -1 })
		s.Maker = s.with(alg)
		token := s.Token(s.Header(), s.typicalClaims())
		if got := minAllocations(func() { assertPasses(t, s, token) }); got > most {
			t.Errorf("%s: got %v allocations, want at most %v", alg, got, most)
		}
	}
}

func TestAllocationsOfACachedToken(t *testing.T) {
	s := newSetup(t, withTokenCache, func(c *middleware.Config) {
		c.Origins = []string{"https://api.example.com"}
		c.Resource = c.Origins[0]
	})
	token := s.Token(s.Header(), s.typicalClaims("acr", `"urn:example:mfa"`, "auth_time", "1767268800"))
	verifyUntilCached(t, s, token)
	if got := minAllocations(func() { assertPasses(t, s, token) }); got > 1 {
		t.Errorf("Verify: got %v allocations, want at most 1, for the caller's copy of the token", got)
	}
	r, h := request(t, "Bearer "+token), make(http.Header)
	need := []scopes.Requirement{scopes.All("orders:read"), scopes.ACR("urn:example:mfa"), scopes.AuthWithin(time.Hour)}
	authorize := func() {
		if _, err := s.v.Authorize(h, r, need...); err != nil {
			t.Error(err)
		}
	}
	if got := minAllocations(authorize); got > 5 {
		t.Errorf("Authorize: got %v allocations, want at most 5", got)
	}
}

// A refusal before the signature check makes few allocations, whatever the
// token contains.
func TestAllocationsOfARefusal(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Keys = remote(t, testserver.New(t, testserver.Clock(clock))) })
	s.Key = testserver.GenerateKey("ES256", "attacker")
	for name, token := range map[string]string{
		"expired":      s.Token(s.Header(), s.typicalClaims("exp", "1")),
		"wrong issuer": s.Token(s.Header(), s.typicalClaims("iss", `"https://evil.example"`)),
		"another API":  s.Token(s.Header(), s.typicalClaims("aud", `"other"`)),
		"unknown key":  s.Token(s.Header(), s.typicalClaims()),
		"oversize":     strings.Repeat(s.Good(), 40),
		"garbage":      strings.Repeat("A", 8000),
		"a long JWT":   "eyJ" + strings.Repeat("A", 8000),
	} {
		refuse := func() {
			if _, err := s.verify(token); err == nil {
				t.Errorf("%s: the token was accepted", name)
			}
		}
		if got := minAllocations(refuse); got > 12 {
			t.Errorf("%s: got %v allocations, want at most 12", name, got)
		}
	}
}

// The keys are fetched only once, whether or not the token cache is enabled.
func TestGoodTokensFetchKeysOnce(t *testing.T) {
	for _, cache := range []int{-1, 100} {
		s := newSetup(t, func(c *middleware.Config) { c.TokenCache = cache })
		for range 100 {
			assertPasses(t, s, s.Good())
			assertPasses(t, s, s.Token(s.Header(), s.Claims("jti", `"`+time.Now().String()+`"`)))
		}
		if got := s.as.Count(testserver.EndpointAny); got != 2 {
			t.Errorf("TokenCache %d: got %d requests, want one for the metadata and one for the keys", cache, got)
		}
	}
}
