package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func TestAPanicWithoutAValueRefuses(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	s := newSetup(t, func(c *middleware.Config) {
		c.Revoked = func(context.Context, *middleware.Token) (bool, error) { panic(nil) } //nolint:govet // the point of the test
	})
	t.Run("E09/panic(nil) in a callback refuses", func(t *testing.T) {
		if token, err := s.verify(s.Good()); !errors.Is(err, middleware.ErrInternal) || token != nil {
			t.Errorf("got %v and %v, want %v", token != nil, err, middleware.ErrInternal)
		}
	})
}

func TestCheckRefusesATokenThatExpiredSince(t *testing.T) {
	later := now
	s := newSetup(t, func(c *middleware.Config) { c.Now = func() time.Time { return later } })
	authorized, _, err := s.authorize(t, request(t, "Bearer "+s.Good()))
	if err != nil {
		t.Fatal(err)
	}
	token := middleware.TokenFrom(authorized.Context())
	later = now.Add(5*time.Minute + 29*time.Second)
	if err := s.v.Check(token, scopes.All("read")); err != nil {
		t.Errorf("got %v within the skew, want nil", err)
	}
	later = now.Add(5*time.Minute + 30*time.Second)
	if err := s.v.Check(token, scopes.All("read")); !errors.Is(err, middleware.ErrExpired) {
		t.Errorf("Check: got %v, want %v", err, middleware.ErrExpired)
	}
	if _, _, err := s.authorize(t, authorized); !errors.Is(err, middleware.ErrExpired) {
		t.Errorf("a nested route: got %v, want %v", err, middleware.ErrExpired)
	}
}

func TestCheckRefusesANilToken(t *testing.T) {
	s := newSetup(t)
	for _, need := range [][]scopes.Requirement{nil, {scopes.All("read")}} {
		if err := s.v.Check(nil, need...); !errors.Is(err, middleware.ErrNoToken) {
			t.Errorf("%d requirements: got %v, want %v", len(need), err, middleware.ErrNoToken)
		}
	}
}

func TestOptionalHidesTheTokenOfOtherCredentials(t *testing.T) {
	s := newSetup(t)
	r := request(t).WithContext(middleware.WithToken(t.Context(), &middleware.Token{Subject: "mallory"}))
	authorized, err := s.v.AuthorizeOptional(make(http.Header), r)
	if err != nil || middleware.TokenFrom(authorized.Context()) != nil {
		t.Errorf("got %v and a token in the context, want nil and no token", err)
	}
}

func TestHandlersCannotWriteIntoEachOthersTokens(t *testing.T) {
	s := newSetup(t)
	outer, _, err := s.authorize(t, request(t, "Bearer "+s.Good()))
	if err != nil {
		t.Fatal(err)
	}
	middleware.TokenFrom(outer.Context()).Audience[0] = "changed"
	inner, _, err := s.authorize(t, outer)
	if err != nil || middleware.TokenFrom(inner.Context()).Audience[0] != "api" {
		t.Errorf("got %v, or a token that another handler has changed", err)
	}
}

func TestOuterRequirementsAreCheckedForOtherCredentials(t *testing.T) {
	s := newSetup(t)
	outer, _, err := s.authorize(t, request(t, "Bearer "+s.Good()), scopes.All("read"))
	if err != nil {
		t.Fatal(err)
	}
	other := outer.Clone(outer.Context())
	other.Header.Set("Authorization", "Bearer "+s.Token(s.Header(), s.Claims("scope", `"write"`)))
	if _, _, err := s.authorize(t, other, scopes.All("write")); !errors.Is(err, middleware.ErrRequirement) {
		t.Errorf("got %v for other credentials without the outer scope, want %v", err, middleware.ErrRequirement)
	}
}

func TestMalformedAudienceIsRefusedUnderInsecureNoAudience(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].InsecureNoAudience = true })
	aud := func(value string) string { return s.Token(s.Header(), s.Claims("aud", value)) }
	s.check(t, "J29", []tokenCase{
		{"no audience is accepted where any is", aud(""), nil},
		{"an audience with a number is refused where any is accepted", aud(`["api",5]`), middleware.ErrAudience},
		{"an audience that is an object is refused where any is accepted", aud(`{}`), middleware.ErrAudience},
		{"an audience that is null counts as absent", aud(`null`), nil},
	})
}

// The Audience of a token without aud is nil, even if the verifier reuses
// memory from an earlier decision about a token with aud.
func TestATokenWithoutAnAudienceHasNone(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].InsecureNoAudience, c.TokenCache = true, -1 })
	for range 3 {
		assertPasses(t, s, s.Token(s.Header(), s.Claims("aud", `["a","b"]`)))
		if got := assertPasses(t, s, s.Token(s.Header(), s.Claims("aud", ""))); got.Audience != nil {
			t.Errorf("got the audience %#v, want nil", got.Audience)
		}
	}
}

func TestATypeIsComparedInASCII(t *testing.T) {
	s := newSetup(t)
	typ := func(value string) string { return s.Token(s.Header("typ", value), s.Claims()) }
	s.check(t, "X02", []tokenCase{
		{"a letter that folds to ASCII only by Unicode rules differs", typ(`"appl\u0130cation/at+jwt"`), middleware.ErrType},
		{"the prefix of a type is not a type", typ(`"application/"`), middleware.ErrType},
	})
}

// verboseSource is a [jwks.Source] whose errors contain details that must not
// be printed.
type verboseSource struct{ cause error }

func (s verboseSource) Key(_ context.Context, kid, _ string) (any, error) {
	return nil, fmt.Errorf("no key %s at https://vault/ CANARY: %w", kid, s.cause)
}

func TestErrorsOfASourceAreNotPrinted(t *testing.T) {
	s := newSetup(t)
	keys := remote(t, s.as)
	_ = s.as.Close()
	_, ours := keys.Key(t.Context(), "k", "ES256")
	for name, cause := range map[string]error{"of another package": errors.New("none"), "that wraps one of a Remote": ours} {
		t.Run("E04/an error "+name, func(t *testing.T) {
			var log strings.Builder
			s := newSetup(t, func(c *middleware.Config) {
				c.Issuers[0].Keys = verboseSource{cause}
				c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			_, err := s.verify(s.Token(s.Header("kid", `"CANARY"`), s.Claims()))
			if !errors.Is(err, middleware.ErrUnavailable) || !errors.Is(err, cause) || strings.Contains(err.Error()+log.String(), "CANARY") {
				t.Errorf("got %v and the log %s, want 503 and no text from the source", err, &log)
			}
		})
	}
}

func TestCredentialsAreRedactedInJSON(t *testing.T) {
	text, err := json.Marshal(struct{ Presented []middleware.Credentials }{[]middleware.Credentials{{Token: "CANARY"}}})
	if err != nil || string(text) != `{"Presented":["[redacted]"]}` {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestKeysThatAreNilAreFaults(t *testing.T) {
	for name, keys := range map[string]jwks.Source{"E10/a nil Set": (*jwks.Set)(nil), "E10/a nil Remote": (*jwks.Remote)(nil)} {
		t.Run(name, func(t *testing.T) {
			_, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: "https://as.example.com", Keys: keys}}})
			if err == nil || !strings.Contains(err.Error(), "nil") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEmptyListsMeanTheDefaults(t *testing.T) {
	s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Audiences, c.Issuers[0].ScopeClaims = []string{}, []string{} })
	if _, _, err := s.authorize(t, request(t, "Bearer "+s.Good()), scopes.All("read")); err != nil {
		t.Errorf("got %v, want the same defaults as for nil", err)
	}
}

func TestAConfigurationFaultDoesNotQuoteAPassword(t *testing.T) {
	_, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: "https://user:CANARY@as.example.com"}}})
	if err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}

func TestScopesOfAForgeryAreNotWorthAllocating(t *testing.T) {
	s := newSetup(t)
	token := s.Token(s.Header("kid", `"unknown"`), s.Claims("scope", `"`+strings.Repeat("a1 ", 1800)+`"`))
	_, _ = s.verify(token)
	t.Run("J23/a forgery with 1 800 scopes does not build a set", func(t *testing.T) {
		if got := testing.AllocsPerRun(20, func() { _, _ = s.verify(token) }); got > 150 {
			t.Errorf("got %v allocations, want as few as for other forged tokens", got)
		}
	})
}

func TestRefusalRemovesHeaderFieldsOfAnotherAnswer(t *testing.T) {
	s := newSetup(t)
	h := http.Header{"Content-Length": {"2"}, "Etag": {`"x"`}, "Last-Modified": {"x"}, "Content-Encoding": {"gzip"}, "Vary": {"Accept-Encoding"}}
	if _, err := s.v.Authorize(h, request(t)); err == nil {
		t.Fatal("got no refusal")
	}
	// SetHeader keeps Content-Encoding and Vary, because the middleware that
	// set them also compresses the refusal.
	if len(h) != 4 || h.Get("Content-Encoding") != "gzip" || h.Get("Vary") != "Accept-Encoding" {
		t.Errorf("got %v, want the challenge, Cache-Control, Content-Encoding and Vary", h)
	}
}
