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

// hook is one kind of external code that the client calls. new returns a client
// in which this code calls fail.
type hook struct {
	name string
	new  func(t *testing.T, s *site, fail func()) *introspect.Client
}

var hooks = []hook{
	{"the transport", func(t *testing.T, s *site, fail func()) *introspect.Client {
		s.setAnswer(func(*http.Request, call) (*http.Response, error) { fail(); return nil, errors.New("none") })
		return newClient(t, s)
	}},
	{"the body of an answer", func(t *testing.T, s *site, fail func()) *introspect.Client {
		s.setAnswer(func(r *http.Request, _ call) (*http.Response, error) {
			return respond(r, 200, "application/json", failing(fail)), nil
		})
		return newClient(t, s)
	}},
	{"the transport, for metadata", func(t *testing.T, s *site, fail func()) *introspect.Client {
		s.setAnswer(func(*http.Request, call) (*http.Response, error) { fail(); return nil, errors.New("none") })
		return newClient(t, s, withDiscovery)
	}},
	{"the token source", func(t *testing.T, s *site, fail func()) *introspect.Client {
		return newClient(t, s, withAuth(introspect.Bearer(func(context.Context) (string, error) { fail(); return "", nil })))
	}},
	{"the keys of signed answers", func(t *testing.T, s *site, fail func()) *introspect.Client {
		s.setAnswer(respondSigned(newSigner(t, "ES256").sign(signedPayload())))
		return newClient(t, s, requireSigned(failing(fail)))
	}},
	{"the function passed to Custom", func(t *testing.T, _ *site, fail func()) *introspect.Client {
		return newCustom(t, func(context.Context, string) (members, error) { fail(); return nil, nil })
	}},
	{"the mapping of userinfo", func(t *testing.T, s *site, fail func()) *introspect.Client {
		return newUserInfo(t, s, func(members) members { fail(); return nil })
	}},
}

// failing is an io.Reader and a jwks.Source. Its methods call the given
// function.
type failing func()

func (b failing) Read([]byte) (int, error) { b(); return 0, io.EOF }
func (b failing) Key(context.Context, string, string) (any, error) {
	b()
	return nil, jwks.ErrUnavailable
}

func TestPanicOfCustomCodeIsAnError(t *testing.T) {
	for _, place := range hooks {
		t.Run("in "+place.name, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true}`))
			c := place.new(t, s, func() { panic(canary) })
			for range 3 {
				assertUnavailable(t, c, token, introspect.ErrUnavailable)
			}
		})
		t.Run("nil panic in "+place.name, func(t *testing.T) {
			t.Setenv("GODEBUG", "panicnil=1")
			s := newSite(respondOK(`{"active":true}`))
			c := place.new(t, s, func() { panic(nil) }) //nolint:govet // with the GODEBUG above, recover returns nil for this panic
			for range 3 {
				assertUnavailable(t, c, token, introspect.ErrUnavailable)
			}
		})
		t.Run("Goexit in "+place.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(respondOK(`{"active":true}`))
				c := place.new(t, s, runtime.Goexit)
				begin := time.Now()
				assertUnavailable(t, c, token, introspect.ErrUnavailable)
				if waited := time.Since(begin); waited > 2100*time.Millisecond {
					t.Errorf("waited %v, want 2.1 s at most", waited)
				}
			})
		})
	}
}

func TestPanicOfCacheIsAMiss(t *testing.T) {
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
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, withCache(shared))
				for range 3 {
					assertActive(t, c, token)
				}
			})
		}
	}
	t.Run("a nil pointer in the interface", func(t *testing.T) {
		c := newClient(t, newSite(respondOK(`{"active":true}`)), withCache((*store)(nil)))
		assertActive(t, c, token)
	})
}

// panicking is a log handler that panics.
type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic(canary) }

func TestPanicOfLoggerHasNoEffect(t *testing.T) {
	s := newSite(respondOK(`{"active":true}`))
	c := newClient(t, s, noCache, func(c *introspect.Config) { c.Logger = slog.New(panicking{}) })
	assertActive(t, c, token)
	s.setAnswer(status(503, ``))
	assertUnavailable(t, c, token, introspect.ErrUnavailable) // logged as an outage, because the token was active
	s.setAnswer(respondOK(`{"active":true}`))
	assertActive(t, c, token) // the recovery is logged too
	s.setAnswer(respondOK(`{"active":false}`))
	assertInactive(t, c, token)
}
