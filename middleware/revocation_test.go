package middleware_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
	"github.com/bearerguard/bearerguard/scopes"
)

// newRevocations returns an empty revocation list without a feed.
func newRevocations(t *testing.T) *revoke.List {
	t.Helper()
	l, err := revoke.New(revoke.Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func withRevocations(l *revoke.List) func(*middleware.Config) {
	return func(c *middleware.Config) { c.Revocations = l }
}

// revokes adds a revocation that expires after an hour.
func revokes(t *testing.T, l *revoke.List, issuer string, kind revoke.Kind, value string, before time.Time) {
	t.Helper()
	r := revoke.Revocation{Issuer: issuer, Kind: kind, Value: value, Before: before, Until: time.Now().Add(time.Hour)}
	if err := l.Add(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// Each revocation is added after the token has been accepted and cached.
func TestRevocations(t *testing.T) {
	pairs := []string{"jti", `"id-9"`, "sub", `"alice"`, "client_id", `"app"`, "sid", `"s-\u0031"`, "iat", unix(-time.Minute)}
	for name, test := range map[string]struct {
		kind   revoke.Kind
		value  string
		before time.Time
		want   error
	}{
		"the token":                       {revoke.Token, "id-9", time.Time{}, middleware.ErrRevoked},
		"another token":                   {revoke.Token, "id-8", time.Time{}, nil},
		"the subject":                     {revoke.Subject, "alice", time.Time{}, middleware.ErrRevoked},
		"the subject until now":           {revoke.Subject, "alice", now, middleware.ErrRevoked},
		"the subject before the token":    {revoke.Subject, "alice", now.Add(-time.Hour), nil},
		"the session":                     {revoke.Session, "s-1", now, middleware.ErrRevoked},
		"another session":                 {revoke.Session, "s-2", now, nil},
		"the session before it was used":  {revoke.Session, "s-1", now.Add(-time.Hour), nil},
		"the client":                      {revoke.Client, "app", now, middleware.ErrRevoked},
		"another client":                  {revoke.Client, "alice", now, nil},
		"the session as if it were a jti": {revoke.Token, "s-1", time.Time{}, nil},
	} {
		t.Run("a JWT/"+name, func(t *testing.T) {
			l := newRevocations(t)
			s := newSetup(t, withTokenCache, withRevocations(l))
			token := s.Token(s.Header(), s.Claims(pairs...))
			verifyUntilCached(t, s, token)
			revokes(t, l, s.as.Issuer()+"/other", test.kind, test.value, test.before)
			assertPasses(t, s, token) // the revocation is by another issuer
			revokes(t, l, s.as.Issuer(), test.kind, test.value, test.before)
			for range 2 {
				if _, err := s.verify(token); !errors.Is(err, test.want) {
					t.Errorf("got %v, want %v", err, test.want)
				}
			}
		})
		t.Run("an opaque token/"+name, func(t *testing.T) {
			// In the bubble, time.Now is in the year 2000. The introspection
			// cache uses it, so exp is in the future for the cache, too.
			synctest.Test(t, func(t *testing.T) {
				l := newRevocations(t)
				_, m := localIssuer(opaqueIssuer)
				o := stubAnswering(active(m, pairs...))
				s, _ := introspectingSetup(t, o, withRevocations(l))
				assertPasses(t, s, handle)
				revokes(t, l, opaqueIssuer, test.kind, test.value, test.before)
				for range 2 {
					if _, err := s.verify(handle); !errors.Is(err, test.want) {
						t.Errorf("got %v, want %v", err, test.want)
					}
				}
				o.assertReceived(t, handle) // the answer was cached
			})
		})
	}
}

func TestATokenWithoutIatIsRevoked(t *testing.T) {
	l := newRevocations(t)
	s := newSetup(t, withRevocations(l))
	token := s.Token(s.Header(), s.Claims("iat", "", "sub", `"alice"`))
	assertPasses(t, s, token)
	revokes(t, l, s.as.Issuer(), revoke.Subject, "alice", time.Unix(1, 0))
	assertRefused(t, s, token, middleware.ErrRevoked)
}

func TestASessionThatIsNotAStringIsNoSession(t *testing.T) {
	l := newRevocations(t)
	s := newSetup(t, withRevocations(l))
	revokes(t, l, s.as.Issuer(), revoke.Session, "1", time.Time{})
	for _, sid := range []string{"1", "null", `["1"]`, `{"sid":"1"}`, `""`} {
		assertPasses(t, s, s.Token(s.Header(), s.Claims("sid", sid)))
	}
	assertRefused(t, s, s.Token(s.Header(), s.Claims("sid", `"1"`)), middleware.ErrRevoked)
}

func TestRevocationsAndRevokedBothApply(t *testing.T) {
	l, calls := newRevocations(t), 0
	s := newSetup(t, withRevocations(l), func(c *middleware.Config) {
		c.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) {
			calls++
			return token.ID == "id-2", nil
		}
	})
	revokes(t, l, s.as.Issuer(), revoke.Token, "id-1", time.Time{})
	for id, want := range map[string]error{"id-1": middleware.ErrRevoked, "id-2": middleware.ErrRevoked, "id-3": nil} {
		if _, err := s.verify(s.Token(s.Header(), s.Claims("jti", `"`+id+`"`))); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", id, err, want)
		}
	}
	if calls != 2 {
		t.Errorf("got %d calls of Revoked, want 2: a token on the list needs none", calls)
	}
}

// Within one request, a nested route reuses the decision of the outer route. A
// revocation in between has no effect.
func TestANestedRouteDoesNotAskTheListAgain(t *testing.T) {
	l := newRevocations(t)
	s := newSetup(t, withRevocations(l))
	r := request(t, "Bearer "+s.Token(s.Header(), s.Claims("jti", `"id-9"`)))
	outer, err := s.v.Authorize(make(http.Header), r)
	if err != nil {
		t.Fatal(err)
	}
	revokes(t, l, s.as.Issuer(), revoke.Token, "id-9", time.Time{})
	if _, err := s.v.Authorize(make(http.Header), outer, scopes.All("read")); err != nil {
		t.Errorf("got %v in the same request, want nil", err)
	}
	if _, err := s.v.Authorize(make(http.Header), r); !errors.Is(err, middleware.ErrRevoked) {
		t.Errorf("got %v in the next request, want %v", err, middleware.ErrRevoked)
	}
}

func TestAListThatLags(t *testing.T) {
	for name, test := range map[string]struct {
		onLag revoke.OnLag
		want  error
	}{
		"Refuse": {revoke.Refuse, middleware.ErrUnavailable},
		"Accept": {revoke.Accept, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := revoke.New(revoke.Config{Feed: new(feedtest.Memory), OnLag: test.onLag, Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			s := newSetup(t, withRevocations(l))
			keyed := s.Good()
			revoked := s.Token(s.Header(), s.Claims("jti", `"id-9"`))
			revokes(t, l, s.as.Issuer(), revoke.Token, "id-9", time.Time{})
			_, refused := s.verify(keyed)
			if !errors.Is(refused, test.want) || test.want != nil && !errors.Is(refused, revoke.ErrLag) {
				t.Errorf("got %v, want %v", refused, test.want)
			}
			if test.want != nil && middleware.Refusal(refused).Code != middleware.CodeUnavailable {
				t.Errorf("got the code %q, want %q", middleware.Refusal(refused).Code, middleware.CodeUnavailable)
			}
			assertRefused(t, s, revoked, middleware.ErrRevoked)
			if err := s.v.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.v.Healthy(); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("Healthy: got %v, want %v", err, test.want)
			}
			if test.want == nil {
				return
			}
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = l.Run(ctx) })
			for s.v.Healthy() != nil { // until the feed was read
				<-time.After(time.Millisecond)
			}
			assertPasses(t, s, keyed)
			stop()
			running.Wait()
		})
	}
}

func TestTheLagOfAListDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := new(feedtest.Memory)
		l, err := revoke.New(revoke.Config{Feed: feed, OnLag: revoke.Refuse, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		issuer, m := localIssuer("https://as.example.com")
		v := newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{issuer}, Logger: quiet, Now: clock, Revocations: l})
		s := &setup{v: v, Maker: m}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = l.Run(ctx) })
		time.Sleep(time.Second)
		assertPasses(t, s, s.Good())
		stop() // from here on, the feed is not read
		running.Wait()
		time.Sleep(9 * time.Second)
		assertPasses(t, s, s.Good())
		time.Sleep(2 * time.Second)
		assertRefused(t, s, s.Good(), middleware.ErrUnavailable)
	})
}

func TestRevocationsLeakNothing(t *testing.T) {
	const canary = "CANARYCANARY"
	recorder := new(outputRecorder)
	l, err := revoke.New(revoke.Config{Feed: new(feedtest.Memory), OnLag: revoke.Refuse, Logger: slog.New(slog.NewTextHandler(recorder, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s := newSetup(t, withRevocations(l), func(c *middleware.Config) {
		c.Logger = slog.New(slog.NewTextHandler(recorder, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	revokes(t, l, s.as.Issuer(), revoke.Subject, canary, time.Time{})
	for _, subject := range []string{canary, canary + "2"} {
		_, err := s.verify(s.Token(s.Header(), s.Claims("sub", `"`+subject+`"`, "jti", `"`+canary+`"`)))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("got %v, want an error without claims", err)
		}
		recorder.print(err)
	}
	if piece := leaked(recorder.drain(), canary); piece != "" {
		t.Errorf("%q leaked", piece)
	}
}

func TestARevocationListThatWasNotMadeByNew(t *testing.T) {
	_, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: "https://as.example.com"}}, Revocations: new(revoke.List),
	})
	if err == nil || !strings.Contains(err.Error(), "Revocations") {
		t.Errorf("got %v, want a fault of Revocations", err)
	}
}

func TestAllocationsWithRevocations(t *testing.T) {
	l := newRevocations(t)
	s := newSetup(t, withTokenCache, withRevocations(l))
	token := s.Token(s.Header(), s.typicalClaims("sid", `"s-1"`))
	verifyUntilCached(t, s, token)
	revokes(t, l, s.as.Issuer(), revoke.Token, "other", time.Time{})
	revokes(t, l, s.as.Issuer(), revoke.Session, "other", time.Time{})
	if got := minAllocations(func() { assertPasses(t, s, token) }); got > 1 {
		t.Errorf("got %v allocations, want at most 1, for the caller's copy of the token", got)
	}
}
