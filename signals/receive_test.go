package signals_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/signals"
)

// broken is a body that cannot be read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("CANARY") }
func (broken) Close() error             { return nil }

// messages returns functions that send a security event about a user, a logout
// token about a user, and a logout token about a session.
func (s *setup) messages() map[string]func() *httptest.ResponseRecorder {
	event := s.sign("secevent+jwt", s.eventClaims(object{sessionRevoked: object{}}, object{"sub_id": s.issSub(user)}))
	byUser, bySession := s.sign("logout+jwt", s.logoutClaims(object{"sid": nil})), s.sign("logout+jwt", s.logoutClaims(object{"sub": nil}))
	logout, events := s.logout(), s.events()
	return map[string]func() *httptest.ResponseRecorder{
		"event":              func() *httptest.ResponseRecorder { return s.post(events, set, event) },
		"logout of a user":   func() *httptest.ResponseRecorder { return s.post(logout, form, "logout_token="+byUser) },
		"end of one session": func() *httptest.ResponseRecorder { return s.post(logout, form, "logout_token="+bySession) },
	}
}

// A repeated message is acknowledged. It does not affect tokens that were
// issued after the message, even if they belong to the same session.
func TestG09RepeatedMessages(t *testing.T) {
	for _, name := range []string{"event", "logout of a user", "end of one session"} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			send := s.messages()[name]
			token := func(iat int64) string {
				return s.Token(s.Header(), s.Claims("sub", fmt.Sprintf("%q", user), "iat", fmt.Sprint(iat), "sid", fmt.Sprintf("%q", sid)))
			}
			before, after := token(s.began.Unix()-5), token(s.began.Unix()+5)
			check := func(when string, wantBefore error) {
				t.Helper()
				for token, want := range map[string]error{before: wantBefore, after: nil} {
					if _, err := s.config.Verifier.Verify(t.Context(), middleware.Credentials{Token: token}); !errors.Is(err, want) {
						t.Errorf("%s: got %v, want %v", when, err, want)
					}
				}
			}
			check("at first", nil)
			for i := range 3 {
				if w := send(); w.Code/100 != 2 {
					t.Errorf("message %d: got %d %s, want it accepted", i, w.Code, w.Body)
				}
				check(fmt.Sprint("after message ", i), middleware.ErrRevoked)
			}
			if got := s.config.List.Stats().Entries; got != 1 {
				t.Errorf("got %d entries, want 1", got)
			}
		})
	}
}

// A message is acknowledged only after its revocations are in the feed.
func TestG10Outages(t *testing.T) {
	for _, name := range []string{"event", "logout of a user", "end of one session"} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			send := s.messages()[name]
			s.feed.fail(errors.New("CANARY"))
			for range 2 {
				s.want(send(), http.StatusServiceUnavailable, "")
			}
			s.feed.fail(nil)
			for range 2 {
				if w := send(); w.Code/100 != 2 || s.take() == "" {
					t.Errorf("got %d and nothing published, want it accepted", w.Code)
				}
			}
			for text, want := range map[string]int{"level=WARN": 1, "level=INFO": 1, "cannot be published": 3} {
				if got := strings.Count(s.logs.String(), text); got != want {
					t.Errorf("got %q %d times, want %d:\n%s", text, got, want, s.logs)
				}
			}
		})
	}
	t.Run("a full list", func(t *testing.T) {
		s := newSetup(t)
		list, err := revoke.New(revoke.Config{MaxEntries: 1})
		if err != nil {
			t.Fatal(err)
		}
		s.config.List = list
		if err := list.Add(t.Context(), revoke.Revocation{Issuer: "x", Kind: revoke.Token, Value: "x", Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		s.want(s.messages()["event"](), http.StatusServiceUnavailable, "")
	})
	t.Run("no keys", func(t *testing.T) {
		s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Keys = noKeys{} })
		for _, send := range s.messages() {
			s.want(send(), http.StatusServiceUnavailable, "")
		}
		s.wantNoOutage() // the keys of other issuers may work, so this is not an outage
	})
	t.Run("a feed that hangs", func(t *testing.T) {
		s := newSetup(t)
		s.messages()["event"]()
		if got := time.Until(s.feed.deadline); got <= 0 || got > 5*time.Second {
			t.Errorf("got %v for the feed, want at most 5s", got)
		}
	})
	t.Run("a logger that panics", func(t *testing.T) {
		s := newSetup(t)
		s.config.Logger = slog.New(panics{})
		s.want(s.postLogout("x"), http.StatusBadRequest, "")
		s.feed.fail(errors.New("CANARY"))
		s.want(s.messages()["event"](), http.StatusServiceUnavailable, "")
	})
	t.Run("keys that panic", func(t *testing.T) {
		s := newSetup(t, func(c *middleware.Config) { c.Issuers[0].Keys = panics{} })
		for _, send := range s.messages() {
			s.want(send(), http.StatusInternalServerError, "")
		}
	})
	t.Run("a sender that has gone", func(t *testing.T) {
		s := newSetup(t)
		s.feed.fail(context.Canceled)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		token := s.sign("logout+jwt", s.logoutClaims(object{"sub": nil}))
		s.post(s.logout(), form, "logout_token="+token, func(r *http.Request) { *r = *r.WithContext(ctx) })
		s.wantNoOutage()
	})
}

type noKeys struct{}

func (noKeys) Key(context.Context, string, string) (any, error) { return nil, errors.New("CANARY") }

func (s *setup) wantNoOutage() {
	s.t.Helper()
	if strings.Contains(s.logs.String(), "level=WARN") {
		s.t.Errorf("got %s, want no outage in the log", s.logs)
	}
}

// deadlines records the deadlines for reading a body.
type deadlines struct {
	*httptest.ResponseRecorder
	all []time.Time
}

func (d *deadlines) SetReadDeadline(deadline time.Time) error {
	d.all = append(d.all, deadline)
	return nil
}

func TestG07ASlowBodyEnds(t *testing.T) {
	s := newSetup(t)
	for name, test := range map[string]struct {
		body io.ReadCloser
		want int
	}{
		"good":   {io.NopCloser(strings.NewReader("x")), 2}, // the second deadline is the zero time
		"broken": {broken{}, 1},
	} {
		w, r := &deadlines{ResponseRecorder: httptest.NewRecorder()}, newRequest(t, set, "")
		r.Body = test.body
		s.events().ServeHTTP(w, r)
		if len(w.all) != test.want || time.Until(w.all[0]) > 10*time.Second || len(w.all) == 2 && !w.all[1].IsZero() {
			t.Errorf("%s: got the deadlines %v, want %d, at first in 10s", name, w.all, test.want)
		}
	}
}

type panics struct{ slog.Handler }

func (panics) Enabled(context.Context, slog.Level) bool { panic("CANARY") }

func (panics) Key(context.Context, string, string) (any, error) { panic("CANARY") }

func TestConstructorsReportEveryFault(t *testing.T) {
	for name, construct := range map[string]func(signals.Config) (http.Handler, error){"Logout": signals.Logout, "Events": signals.Events} {
		for _, c := range []struct {
			config signals.Config
			want   []string
		}{
			{signals.Config{Authorization: "a\nb"}, []string{"Verifier is missing", "List is missing", "Audiences must", "TokenLifetime must", "Authorization must"}},
			{
				signals.Config{Verifier: new(middleware.Verifier), List: new(revoke.List), Audiences: []string{"a", ""}, TokenLifetime: 367 * 24 * time.Hour, Authorization: " a"},
				[]string{"Verifier is missing", "List is missing", "Audiences must", "TokenLifetime must", "Authorization must"},
			},
			{newSetup(t).config, nil},
		} {
			h, err := construct(c.config)
			if (err == nil) != (c.want == nil) || (h == nil) != (err != nil) {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), "signals: "+want) {
					t.Errorf("%s: got %v, want %q in it", name, err, want)
				}
			}
		}
	}
}

func TestConfigIsCopied(t *testing.T) {
	s := newSetup(t)
	h := s.logout()
	s.config.Audiences[1] = "another"
	s.want(s.post(h, form, "logout_token="+s.sign("logout+jwt", s.logoutClaims(object{"sub": nil}))), http.StatusOK, "session "+sid+" 0s")
}

// A token without sid may belong to the session that has ended, so it is
// revoked. A token of another session is not revoked.
func TestTokensWithoutASession(t *testing.T) {
	s := newSetup(t)
	s.want(s.postLogout(s.sign("logout+jwt", s.logoutClaims(nil))), http.StatusOK, "session "+sid+" 0s, sessionless "+user+" 0s")
	for name, test := range map[string]struct {
		claims []string
		want   error
	}{
		"of the session":           {[]string{"sid", fmt.Sprintf("%q", sid)}, middleware.ErrRevoked},
		"without a session":        {nil, middleware.ErrRevoked},
		"without a session, later": {[]string{"iat", fmt.Sprint(s.began.Unix() + 5)}, nil},
		"of another session":       {[]string{"sid", `"other"`}, nil},
		"of another user":          {[]string{"sub", `"other"`}, nil},
	} {
		token := s.Token(s.Header(), s.Claims(append([]string{"sub", fmt.Sprintf("%q", user), "iat", fmt.Sprint(s.began.Unix())}, test.claims...)...))
		if _, err := s.config.Verifier.Verify(t.Context(), middleware.Credentials{Token: token}); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}
