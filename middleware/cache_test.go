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

// remembering switches the memory on, whatever other tests run with.
func remembering(c *middleware.Config) { c.TokenCache = 100 }

// remembers verifies a good token until it is remembered.
func remembers(t *testing.T, s *setup, token string) {
	t.Helper()
	before := s.v.Stats()
	for range 3 {
		passes(t, s, token)
	}
	if got := s.v.Stats(); got.Hits < before.Hits+2 || got.Tokens == 0 {
		t.Fatalf("got %+v after %+v, want the token remembered", got, before)
	}
}

// forgets demands that the token is refused, and remembered no more.
func forgets(t *testing.T, s *setup, token string, want error) {
	t.Helper()
	refusedFor(t, s, token, want)
	if got := s.v.Stats().Tokens; got != 0 {
		t.Errorf("got %d tokens remembered after a refusal, want none", got)
	}
}

func TestARememberedTokenIsTheSameToken(t *testing.T) {
	s := newSetup(t, remembering)
	good := s.Good()
	first, again := passes(t, s, good), passes(t, s, good)
	if first == again || first.Subject != again.Subject || first.Issuer != again.Issuer || first.ClientID != again.ClientID ||
		first.ID != again.ID || !slices.Equal(first.Audience, again.Audience) || first.Scopes.String() != again.Scopes.String() ||
		!first.Expiry.Equal(again.Expiry) || !first.IssuedAt.Equal(again.IssuedAt) {
		t.Error("got another token from memory")
	}
	a, errA := middleware.ClaimsAs[map[string]any](first)
	b, errB := middleware.ClaimsAs[map[string]any](again)
	if errA != nil || errB != nil || len(a) != len(b) || len(a) < 8 {
		t.Errorf("got %d and %d claims, %v, %v", len(a), len(b), errA, errB)
	}
}

func TestARememberedTokenIsHeldToTheTime(t *testing.T) {
	for name, c := range map[string]struct {
		claims []string
		step   time.Duration
		want   error
	}{
		"it expires":                              {nil, 5*time.Minute + 30*time.Second, middleware.ErrExpired},
		"it has the skew still":                   {nil, 5*time.Minute + 29*time.Second, nil},
		"the clock steps back before it began":    {[]string{"iat", "", "nbf", "1767268800"}, -31 * time.Second, middleware.ErrNotYetValid},
		"the clock steps back before its issue":   {nil, -31 * time.Second, middleware.ErrNotYetValid},
		"the clock steps back, but within a skew": {[]string{"nbf", "1767268800"}, -30 * time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			at := now
			s := newSetup(t, remembering, func(c *middleware.Config) { c.Now = func() time.Time { return at } })
			token := s.Token(s.Header(), s.Claims(c.claims...))
			remembers(t, s, token)
			if at = now.Add(c.step); c.want == nil {
				remembers(t, s, token)
				return
			}
			forgets(t, s, token, c.want)
		})
	}
}

// switchable is a source whose set can be replaced.
type switchable struct{ set atomic.Pointer[jwks.Set] }

func (s *switchable) Key(ctx context.Context, kid, alg string) (any, error) {
	return s.set.Load().Key(ctx, kid, alg)
}

func (s *switchable) becomes(t *testing.T, as *testserver.Server) {
	t.Helper()
	set, err := jwks.Parse(as.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	s.set.Store(set)
}

func TestARememberedTokenIsHeldToItsKey(t *testing.T) {
	for _, alg := range []testserver.Alg{"RS256", "ES256", "EdDSA"} {
		for name, change := range map[string]func(s *setup){
			"the key is withdrawn":                        func(s *setup) { s.as.Publish(testserver.GenerateKey(alg, "other")); s.as.Retire("k") },
			"another key takes its place under its kid":   func(s *setup) { s.as.Publish(testserver.GenerateKey(alg, "k")) },
			"a key of another kind takes its key ID over": func(s *setup) { s.as.Publish(testserver.GenerateKey("ES384", "k")) },
		} {
			t.Run(string(alg)+"/"+name, func(t *testing.T) {
				source := new(switchable)
				s := newSetup(t, remembering, func(c *middleware.Config) { c.Issuers[0].Keys = source })
				s.Key = testserver.GenerateKey(alg, "k")
				s.as.Publish(s.Key)
				source.becomes(t, s.as)
				token := s.Good()
				remembers(t, s, token)
				change(s)
				source.becomes(t, s.as)
				forgets(t, s, token, middleware.ErrSignature)
			})
		}
	}
}

// The same key read anew is another pointer: the signature is computed again,
// and the token remembered by the new one.
func TestARememberedTokenIsJudgedAgainByAKeyThatIsNotTheVerySame(t *testing.T) {
	source := new(switchable)
	s := newSetup(t, remembering, func(c *middleware.Config) { c.Issuers[0].Keys = source })
	source.becomes(t, s.as)
	token := s.Good()
	remembers(t, s, token)
	source.becomes(t, s.as)
	before := s.v.Stats()
	remembers(t, s, token)
	if got := s.v.Stats(); got.Misses != before.Misses+1 || got.Tokens != 1 {
		t.Errorf("got %+v after %+v, want one more signature computed", got, before)
	}
}

// A key that is taken back is refused within one refresh interval, though all
// its tokens are remembered.
func TestAKeyThatIsTakenBackEndsItsTokensInOneInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory(), testserver.AccessTTL(24*time.Hour))
		v := newVerifier(t, middleware.Config{
			Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Logger: quiet, TokenCache: 100,
		})
		s := &setup{as: as, v: v}
		token := as.Token(testserver.Audience("api"))
		for range 60 { // it is in use all the time, and its keys are renewed
			passes(t, s, token)
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if got := v.Stats(); got.Misses != 1 || got.Hits != 59 || got.Keys[as.Issuer()].Fetches < 10 {
			t.Errorf("got %+v, want one signature computed and keys that were renewed", got)
		}
		as.Rotate(testserver.Rotation{DropOld: true})
		time.Sleep(5 * time.Minute)
		refusedFor(t, s, token, middleware.ErrSignature)
	})
}

func TestARememberedTokenIsAskedAboutOnEachUse(t *testing.T) {
	revoked, fails, asked := false, error(nil), 0
	s := newSetup(t, remembering, func(c *middleware.Config) {
		c.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) {
			asked++
			token.Subject, token.Audience[0] = "mallory", "elsewhere"
			return revoked, fails
		}
	})
	good := s.Good()
	remembers(t, s, good)
	if asked != 3 {
		t.Errorf("asked %d times, want on each of 3 uses", asked)
	}
	revoked = true
	forgets(t, s, good, middleware.ErrRevoked)
	revoked = false
	remembers(t, s, good)
	fails = errors.New("the deny-list is down")
	forgets(t, s, good, middleware.ErrUnavailable)
	fails = nil
	if token := passes(t, s, good); token.Subject != "alice" || token.Audience[0] != "api" {
		t.Error("a callback wrote into another's token")
	}
}

// What an issuer said of a token is its client's to remember.
func TestATokenThatTheIssuerIsAskedAboutIsNotRemembered(t *testing.T) {
	for name, token := range map[string]string{
		"an opaque token":  handle,
		"an encrypted JWT": forge.Encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".AA.AA.AA.AA",
	} {
		t.Run(name, func(t *testing.T) {
			_, m := local(opaqueIssuer)
			o := always(active(m))
			s, _ := asks(t, o, remembering, keeps(o, -1))
			for range 3 {
				passes(t, s, token)
			}
			o.heard(t, token, token, token)
			o.becomes(func(string) string { return `{"active":false}` })
			forgets(t, s, token, middleware.ErrInactive)
		})
	}
}

func TestARememberedTokenIsIntrospected(t *testing.T) {
	issuer, m := local(opaqueIssuer)
	for name, c := range map[string]struct {
		answer string
		want   error
	}{
		"it was revoked":             {`{"active":false}`, middleware.ErrInactive},
		"it is bound to a key now":   {active(m, "cnf", `{"jkt":"x"}`), middleware.ErrConfirmation},
		"it ends sooner":             {active(m, "exp", "1767268000"), middleware.ErrExpired},
		"the issuer cannot be asked": {"503", middleware.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := always(active(m))
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
			remembers(t, s, s.Good())
			o.heard(t, s.Good(), s.Good(), s.Good())
			o.becomes(func(string) string { return c.answer })
			forgets(t, s, s.Good(), c.want)
		})
	}
}
