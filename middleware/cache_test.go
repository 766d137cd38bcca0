package middleware_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// withTokenCache enables the token cache, even if an environment variable
// disables the cache for other tests.
func withTokenCache(c *middleware.Config) { c.TokenCache = 100 }

// verifyUntilCached verifies a token three times. It must then be cached.
func verifyUntilCached(t *testing.T, s *setup, token string) {
	t.Helper()
	before := s.v.Stats()
	for range 3 {
		assertPasses(t, s, token)
	}
	if got := s.v.Stats(); got.Hits < before.Hits+2 || got.Tokens == 0 {
		t.Fatalf("got %+v after %+v, want the token cached", got, before)
	}
}

// assertDropped checks that the token is refused and removed from the cache.
func assertDropped(t *testing.T, s *setup, token string, want error) {
	t.Helper()
	assertRefused(t, s, token, want)
	if got := s.v.Stats().Tokens; got != 0 {
		t.Errorf("got %d cached tokens after a refusal, want none", got)
	}
}

func TestCachedTokenIsTheSameToken(t *testing.T) {
	s := newSetup(t, withTokenCache)
	good := s.Good()
	first, again := assertPasses(t, s, good), assertPasses(t, s, good)
	if first == again || first.Subject != again.Subject || first.Issuer != again.Issuer || first.ClientID != again.ClientID ||
		first.ID != again.ID || !slices.Equal(first.Audience, again.Audience) || first.Scopes.String() != again.Scopes.String() ||
		!first.Expiry.Equal(again.Expiry) || !first.IssuedAt.Equal(again.IssuedAt) {
		t.Error("the cached token must be an equal copy of the first token")
	}
	a, errA := middleware.ClaimsAs[map[string]any](first)
	b, errB := middleware.ClaimsAs[map[string]any](again)
	if errA != nil || errB != nil || len(a) != len(b) || len(a) < 8 {
		t.Errorf("got %d and %d claims, %v, %v", len(a), len(b), errA, errB)
	}
}

func TestCachedTokenIsCheckedAgainstTheClock(t *testing.T) {
	for name, c := range map[string]struct {
		claims []string
		step   time.Duration
		want   error
	}{
		"it expires":                              {nil, 5*time.Minute + 30*time.Second, middleware.ErrExpired},
		"it is within the clock skew":             {nil, 5*time.Minute + 29*time.Second, nil},
		"the clock steps back before it began":    {[]string{"iat", "", "nbf", "1767268800"}, -31 * time.Second, middleware.ErrNotYetValid},
		"the clock steps back before its issue":   {nil, -31 * time.Second, middleware.ErrNotYetValid},
		"the clock steps back, but within a skew": {[]string{"nbf", "1767268800"}, -30 * time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			at := now
			s := newSetup(t, withTokenCache, func(c *middleware.Config) { c.Now = func() time.Time { return at } })
			token := s.Token(s.Header(), s.Claims(c.claims...))
			verifyUntilCached(t, s, token)
			if at = now.Add(c.step); c.want == nil {
				verifyUntilCached(t, s, token)
				return
			}
			assertDropped(t, s, token, c.want)
		})
	}
}

// replaceableKeys is a source whose key set can be replaced.
type replaceableKeys struct{ set atomic.Pointer[jwks.Set] }

func (s *replaceableKeys) Key(ctx context.Context, kid, alg string) (any, error) {
	return s.set.Load().Key(ctx, kid, alg)
}

func (s *replaceableKeys) replace(t *testing.T, as *testserver.Server) {
	t.Helper()
	set, err := jwks.Parse(as.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	s.set.Store(set)
}

func TestCachedTokenNeedsItsKey(t *testing.T) {
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA"} {
		for name, change := range map[string]func(s *setup){
			"the key is withdrawn":                        func(s *setup) { s.as.Publish(testserver.GenerateKey(alg, "other")); s.as.Retire("k") },
			"another key takes its place under its kid":   func(s *setup) { s.as.Publish(testserver.GenerateKey(alg, "k")) },
			"a key of another kind takes its key ID over": func(s *setup) { s.as.Publish(testserver.GenerateKey("ES384", "k")) },
		} {
			t.Run(string(alg)+"/"+name, func(t *testing.T) {
				source := new(replaceableKeys)
				s := newSetup(t, withTokenCache, func(c *middleware.Config) { c.Issuers[0].Keys = source })
				s.Key = testserver.GenerateKey(alg, "k")
				s.as.Publish(s.Key)
				source.replace(t, s.as)
				token := s.Good()
				verifyUntilCached(t, s, token)
				change(s)
				source.replace(t, s.as)
				assertDropped(t, s, token, middleware.ErrSignature)
			})
		}
	}
}

// If the same key is parsed again, the pointer to the key changes. The
// signature is then verified again, and the token is cached with the new
// pointer.
func TestCachedTokenIsVerifiedAgainWithANewKey(t *testing.T) {
	source := new(replaceableKeys)
	s := newSetup(t, withTokenCache, func(c *middleware.Config) { c.Issuers[0].Keys = source })
	source.replace(t, s.as)
	token := s.Good()
	verifyUntilCached(t, s, token)
	source.replace(t, s.as)
	before := s.v.Stats()
	verifyUntilCached(t, s, token)
	if got := s.v.Stats(); got.Misses != before.Misses+1 || got.Tokens != 1 {
		t.Errorf("got %+v after %+v, want one more signature verified", got, before)
	}
}

// A withdrawn key is refused within one refresh interval, although all its
// tokens are cached.
func TestWithdrawnKeyIsRefusedWithinOneInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory(), testserver.AccessTTL(24*time.Hour))
		v := newVerifier(t, middleware.Config{
			Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet, TokenCache: 100,
		})
		s := &setup{as: as, v: v}
		token := as.Token(testserver.Audience("api"))
		for range 60 { // the token is used all the time, while the keys are refreshed
			assertPasses(t, s, token)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if got := v.Stats(); got.Misses != 1 || got.Hits != 59 || got.Keys[as.Issuer()].Fetches < 10 {
			t.Errorf("got %+v, want one signature verified and refreshed keys", got)
		}
		as.Rotate(testserver.Rotation{DropOld: true})
		time.Sleep(5 * time.Minute)
		assertRefused(t, s, token, middleware.ErrSignature)
	})
}

func TestRevokedIsCalledOnEachUseOfACachedToken(t *testing.T) {
	revoked, fails, calls := false, error(nil), 0
	s := newSetup(t, withTokenCache, func(c *middleware.Config) {
		c.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) {
			calls++
			token.Subject, token.Audience[0] = "mallory", "elsewhere"
			return revoked, fails
		}
	})
	good := s.Good()
	verifyUntilCached(t, s, good)
	if calls != 3 {
		t.Errorf("got %d calls of Revoked, want 3, one for each use of the token", calls)
	}
	revoked = true
	assertDropped(t, s, good, middleware.ErrRevoked)
	revoked = false
	verifyUntilCached(t, s, good)
	fails = errors.New("the deny-list is down")
	assertDropped(t, s, good, middleware.ErrUnavailable)
	fails = nil
	if token := assertPasses(t, s, good); token.Subject != "alice" || token.Audience[0] != "api" {
		t.Error("a callback modified another caller's token")
	}
}

// Opaque tokens are not in the token cache, because the introspect.Client
// already caches the introspection answers.
func TestIntrospectedTokenIsNotCached(t *testing.T) {
	for name, token := range map[string]string{
		"an opaque token":  handle,
		"an encrypted JWT": forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AA.AA.AA.AA",
	} {
		t.Run(name, func(t *testing.T) {
			_, m := localIssuer(opaqueIssuer)
			o := stubAnswering(active(m))
			s, _ := introspectingSetup(t, o, withTokenCache, caching(o, -1))
			for range 3 {
				assertPasses(t, s, token)
			}
			o.assertReceived(t, token, token, token)
			o.replace(func(string) string { return `{"active":false}` })
			assertDropped(t, s, token, middleware.ErrInactive)
		})
	}
}

func TestCachedTokenIsIntrospected(t *testing.T) {
	issuer, m := localIssuer(opaqueIssuer)
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"it was revoked":            {`{"active":false}`, middleware.ErrInactive},
		"it is bound to a key now":  {active(m, "cnf", `{"jkt":"x"}`), middleware.ErrConfirmation},
		"it expires earlier":        {active(m, "exp", "1767268000"), middleware.ErrExpired},
		"the issuer is unavailable": {"503", middleware.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := stubAnswering(active(m))
			client, err := introspect.New(introspect.Config{
				Endpoint: opaqueEndpoint, Auth: introspect.Basic("api", "secret"), Client: httpClient(o), Logger: quiet, MaxTTL: -1,
			})
			if err != nil {
				t.Fatal(err)
			}
			asking := issuer
			asking.Introspection, asking.IntrospectionMode = client, middleware.IntrospectJWTs
			s := &setup{Maker: m, v: newVerifier(t, middleware.Config{
				Audience: "api", Issuers: []middleware.Issuer{asking}, Logger: quiet, Now: clock, TokenCache: 100,
			})}
			verifyUntilCached(t, s, s.Good())
			o.assertReceived(t, s.Good(), s.Good(), s.Good())
			o.replace(func(string) string { return c.answer })
			assertDropped(t, s, s.Good(), c.want)
		})
	}
}
