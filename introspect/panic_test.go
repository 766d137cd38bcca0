package introspect_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
)

// bomb is a place in which other people's code runs.
type bomb struct {
	name string
	new  func(t *testing.T, s *site, blow func()) *introspect.Client
}

var bombs = []bomb{
	{"the transport", func(t *testing.T, s *site, blow func()) *introspect.Client {
		s.becomes(func(*http.Request, call) (*http.Response, error) { blow(); return nil, errors.New("none") })
		return newClient(t, s)
	}},
	{"the body of an answer", func(t *testing.T, s *site, blow func()) *introspect.Client {
		s.becomes(func(r *http.Request, _ call) (*http.Response, error) {
			return respond(r, 200, "application/json", blows(blow)), nil
		})
		return newClient(t, s)
	}},
	{"the transport, for metadata", func(t *testing.T, s *site, blow func()) *introspect.Client {
		s.becomes(func(*http.Request, call) (*http.Response, error) { blow(); return nil, errors.New("none") })
		return newClient(t, s, discovering)
	}},
	{"the source of our token", func(t *testing.T, s *site, blow func()) *introspect.Client {
		return newClient(t, s, as(introspect.Bearer(func(context.Context) (string, error) { blow(); return "", nil })))
	}},
	{"the keys of signed answers", func(t *testing.T, s *site, blow func()) *introspect.Client {
		s.becomes(saysSigned(newSigner(t, "ES256").sign(answered())))
		return newClient(t, s, demands(blows(blow)))
	}},
	{"the function of Custom", func(t *testing.T, _ *site, blow func()) *introspect.Client {
		return newCustom(t, func(context.Context, string) (members, error) { blow(); return nil, nil })
	}},
	{"the mapping of userinfo", func(t *testing.T, s *site, blow func()) *introspect.Client {
		return newUserInfo(t, s, func(members) members { blow(); return nil })
	}},
}

// blows is an io.Reader and a jwks.Source.
type blows func()

func (b blows) Read([]byte) (int, error) { b(); return 0, io.EOF }
func (b blows) Key(context.Context, string, string) (any, error) {
	b()
	return nil, jwks.ErrUnavailable
}

func TestAPanicOfOtherPeoplesCodeIsAnError(t *testing.T) {
	for _, place := range bombs {
		t.Run("in "+place.name, func(t *testing.T) {
			s := newSite(says(`{"active":true}`))
			c := place.new(t, s, func() { panic(canary) })
			for range 3 {
				isUnknown(t, c, token, introspect.ErrUnavailable)
			}
		})
		t.Run("without a value in "+place.name, func(t *testing.T) {
			t.Setenv("GODEBUG", "panicnil=1")
			s := newSite(says(`{"active":true}`))
			c := place.new(t, s, func() { panic(nil) }) //nolint:govet // GODEBUG above makes it one without a value
			for range 3 {
				isUnknown(t, c, token, introspect.ErrUnavailable)
			}
		})
		t.Run("that ends the goroutine in "+place.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(says(`{"active":true}`))
				c := place.new(t, s, runtime.Goexit)
				begin := time.Now()
				isUnknown(t, c, token, introspect.ErrUnavailable)
				if waited := time.Since(begin); waited > 2100*time.Millisecond {
					t.Errorf("waited %v", waited)
				}
			})
		})
	}
}

func TestAPanicOfACacheIsAMiss(t *testing.T) {
	for name, value := range map[string]any{"with a value": canary, "without a value": nil} {
		for _, operation := range []string{"Get", "Set", "both"} {
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Setenv("GODEBUG", "panicnil=1")
				shared := newStore()
				if operation != "Set" {
					shared.get = func(context.Context, string) ([]byte, bool, error) { panic(value) }
				}
				if operation != "Get" {
					shared.set = func(context.Context, string, []byte, time.Duration) error { panic(value) }
				}
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, sharing(shared))
				for range 3 {
					isActive(t, c, token)
				}
			})
		}
	}
	t.Run("a nil pointer in the interface", func(t *testing.T) {
		c := newClient(t, newSite(says(`{"active":true}`)), sharing((*store)(nil)))
		isActive(t, c, token)
	})
}

// panicking is a log handler.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic(canary) }

func TestAPanicOfTheLoggerChangesNothing(t *testing.T) {
	s := newSite(says(`{"active":true}`))
	c := newClient(t, s, always, func(c *introspect.Config) { c.Logger = slog.New(panicking{}) })
	isActive(t, c, token)
	s.becomes(status(503, ``))
	isUnknown(t, c, token, introspect.ErrUnavailable) // of a token that was active, which is logged as an outage
	s.becomes(says(`{"active":true}`))
	isActive(t, c, token) // and so is its end
	s.becomes(says(`{"active":false}`))
	isInactive(t, c, token)
}
