package middleware_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func httpClient(rt http.RoundTripper) *http.Client { return &http.Client{Transport: rt} }

func TestRefusedTokensAreNotCached(t *testing.T) {
	s := newSetup(t, withTokenCache, func(c *middleware.Config) { c.Revoked = denyList("revoked") })
	attacker := s.Maker
	attacker.Key = testserver.GenerateKey("RS256", s.Key.ID)
	for name, token := range map[string]string{
		"expired":         s.Token(s.Header(), s.Claims("exp", "1")),
		"for another API": s.Token(s.Header(), s.Claims("aud", `"other"`)),
		"forged":          attacker.Good(),
		"bound":           s.Token(s.Header(), s.Claims("cnf", `{"jkt":"x"}`)),
		"revoked":         s.Token(s.Header(), s.Claims("jti", `"revoked"`)),
		"malformed":       s.Good() + ".",
		"opaque":          handle,
	} {
		for range 3 {
			if _, err := s.verify(token); err == nil {
				t.Errorf("%s: the token was accepted", name)
			}
		}
	}
	if got := s.v.Stats(); got.Tokens != 0 || got.Hits != 0 {
		t.Errorf("got %+v, want nothing cached", got)
	}
}

// The cache compares all bytes of a token. A different encoding of the same
// signature must therefore be refused, although the token is cached.
func TestTokensAreCachedByAllTheirBytes(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Good()
	verifyUntilCached(t, s, good)
	for at := range good {
		changed := []byte(good)
		changed[at] ^= 1
		if _, err := s.verify(string(changed)); err == nil {
			t.Fatalf("the token was accepted after byte %d was changed", at)
		}
	}
	for _, other := range []string{good + "=", " " + good, good[:len(good)-1], good + "A", good + ".", good + "\n"} {
		if _, err := s.verify(other); err == nil {
			t.Errorf("an encoding with %d bytes instead of %d was accepted", len(other), len(good))
		}
	}
}

func TestCallersCannotModifyEachOthersTokens(t *testing.T) {
	s := newSetup(t, withTokenCache)
	for _, aud := range []string{`"api"`, `["api"]`, `["api","b"]`} {
		token := s.Token(s.Header(), s.Claims("aud", aud))
		for range 3 {
			got := assertPasses(t, s, token)
			if got.Subject != "alice" || got.Audience[0] != "api" || got.Scopes.String() != "read" || len(got.Audience) > 2 {
				t.Fatalf("aud %s: an earlier caller changed the token", aud)
			}
			if len(got.Audience) > 0 {
				_ = append(got.Audience[:len(got.Audience)-1], "last")
			}
			got.Audience[0], got.Subject, got.Issuer, got.Scopes = "elsewhere", "mallory", "x", scopes.Of("admin")
			got.Audience = append(got.Audience, "more")
		}
	}
	good := s.Good()
	for range 3 { // a handler must not be able to modify the cached token either
		r, err := s.v.Authorize(make(http.Header), request(t, "Bearer "+good), scopes.All("read"))
		if err != nil {
			t.Fatal(err)
		}
		got := middleware.TokenFrom(r.Context())
		if got.Audience[0] != "api" || got.Subject != "alice" {
			t.Fatal("an earlier handler changed the token")
		}
		got.Audience[0], got.Subject = "elsewhere", "mallory"
	}
}

func TestVerifiersDoNotShareTokenCaches(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Good()
	verifyUntilCached(t, s, good)
	other := newVerifier(t, middleware.Config{
		Audience: "other", Issuers: []middleware.Issuer{{URL: s.as.Issuer()}}, Client: s.as.Client(), Logger: quiet, Now: clock, TokenCache: 100,
	})
	if _, err := other.Verify(t.Context(), middleware.Credentials{Token: good}); !errors.Is(err, middleware.ErrAudience) {
		t.Errorf("got %v, want %v", err, middleware.ErrAudience)
	}
}

func TestRequirementsAreThoseOfEachRequest(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Good()
	verifyUntilCached(t, s, good)
	if _, err := s.v.Authorize(make(http.Header), request(t, "Bearer "+good), scopes.All("write")); !errors.Is(err, middleware.ErrRequirement) {
		t.Errorf("got %v, want %v", err, middleware.ErrRequirement)
	}
	if got := s.v.Stats().Tokens; got != 1 {
		t.Errorf("got %d cached tokens, want 1, because the token was valid and lacked only a scope", got)
	}
}

func TestExplainComputesTheSignature(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Good()
	verifyUntilCached(t, s, good)
	before := s.v.Stats()
	checks, err := s.v.Explain(t.Context(), middleware.Credentials{Token: good})
	fresh := newSetup(t, withTokenCache)
	want, fault := fresh.v.Explain(t.Context(), middleware.Credentials{Token: fresh.Good()})
	if err != nil || fault != nil || fmt.Sprint(checks) != fmt.Sprint(want) || len(checks) < 15 {
		t.Errorf("got %v, want %v", checks, want)
	}
	after, explained := s.v.Stats(), fresh.v.Stats()
	if after.Hits != before.Hits || explained.Tokens != 0 {
		t.Errorf("got %+v after %+v and %+v, want the cache unchanged", after, before, explained)
	}
}

func TestTokenCacheIsBounded(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.TokenCache = 10 })
	for i := range 50 {
		assertPasses(t, s, s.Token(s.Header(), s.Claims("jti", fmt.Sprintf(`"id-%d"`, i))))
	}
	if got := s.v.Stats(); got.Tokens > 10 || got.Evictions < 40 || got.Misses != 50 {
		t.Errorf("got %+v, want at most 10 tokens and 40 evictions", got)
	}
}

// The cache limits only the number of tokens, so the size of each cached token
// must be limited too.
func TestTokenWithManyScopesIsNotCached(t *testing.T) {
	for n, want := range map[int]int{256: 1, 257: 0} {
		s := newSetup(t, withTokenCache)
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`"s%d"`, i)
		}
		token := s.Token(s.Header(), s.Claims("scope", "["+strings.Join(list, ",")+"]"))
		for range 2 {
			if got := assertPasses(t, s, token).Scopes.Len(); got != n {
				t.Errorf("got %d scopes, want %d", got, n)
			}
		}
		if got := s.v.Stats(); got.Tokens != want || got.Hits != want || got.Misses != 2-want {
			t.Errorf("%d scopes: got %+v, want %d token cached", n, got, want)
		}
	}
}

func TestWithoutACacheEverySignatureIsVerified(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.TokenCache = -1 })
	good := s.Good()
	for range 3 {
		assertPasses(t, s, good)
	}
	if got := s.v.Stats(); got.Tokens != 0 || got.Hits != 0 || got.Misses != 0 {
		t.Errorf("got %+v, want no cache", got)
	}
}

func TestTokenCacheUnderLoadAndRotation(t *testing.T) {
	source := new(replaceableKeys)
	s := newSetup(t, func(c *middleware.Config) { c.TokenCache, c.Issuers[0].Keys = 30, source })
	one, two := s.with("ES256"), s.with("EdDSA")
	source.replace(t, s.as)
	tokens := make(map[string]string)
	for i := range 8 {
		for n := range 6 {
			id := fmt.Sprintf("%d-%d", i, n)
			for _, m := range []forge.Maker{one, two} {
				tokens[m.Key.ID+id] = m.Token(m.Header(), m.Claims("jti", `"`+id+`"`))
			}
		}
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 200 {
				m := one
				if n%2 == 0 {
					m = two
				}
				id := fmt.Sprintf("%d-%d", i, n%6)
				token, err := s.verify(tokens[m.Key.ID+id])
				if err != nil || token.ID != id || token.Audience[0] != "api" {
					t.Errorf("got %v, want the token %s", err, id)
					return
				}
				token.Audience[0], token.ID = "elsewhere", "x"
			}
		})
	}
	for range 20 {
		source.replace(t, s.as)
	}
	group.Wait()
}

func TestTokenWithManyAudiencesIsNotCached(t *testing.T) {
	for n, want := range map[int]int{256: 1, 257: 0} {
		s := newSetup(t, withTokenCache)
		token := s.Token(s.Header(), s.Claims("aud", `["api"`+strings.Repeat(`,"x"`, n-1)+"]"))
		for range 2 {
			if got := len(assertPasses(t, s, token).Audience); got != n {
				t.Errorf("got %d audiences, want %d", got, n)
			}
		}
		if got := s.v.Stats(); got.Tokens != want || got.Hits != want {
			t.Errorf("%d audiences: got %+v, want %d token cached", n, got, want)
		}
	}
}
