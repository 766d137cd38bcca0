package signals_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/signals"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	client = "client-1"         // the audience of the receivers
	user   = "alice-of-CANARY"  // logs and responses must not contain it
	sid    = "session-CANARY-1" // likewise
	form   = "application/x-www-form-urlencoded"
	set    = "application/secevent+jwt"
)

// setup has an authorization server, a verifier for its tokens, and a receiver
// of each kind for its messages.
type setup struct {
	t      testing.TB
	as     *testserver.Server
	config signals.Config
	feed   *feed
	logs   *bytes.Buffer
	began  time.Time // the iat of messages
	forge.Maker
}

func newSetup(t testing.TB, changes ...func(*middleware.Config)) *setup {
	t.Helper()
	as := testserver.New(t)
	s := &setup{t: t, as: as, feed: new(feed), logs: new(bytes.Buffer), began: time.Now().Truncate(time.Second)}
	s.Maker = forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: "api", Now: s.began}
	logger := slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	list, err := revoke.New(revoke.Config{Feed: s.feed, OnLag: revoke.Accept, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	config := middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Client: as.Client(), Revocations: list,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, change := range changes {
		change(&config)
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		t.Fatal(err)
	}
	s.config = signals.Config{Verifier: v, List: list, Audiences: []string{"other", client}, TokenLifetime: time.Hour, Logger: logger}
	return s
}

// in returns a copy of the setup for a subtest.
func (s *setup) in(t *testing.T) *setup {
	own := *s
	own.t = t
	return &own
}

// feed is a feed that records what is published, and that can fail.
type feed struct {
	mu        sync.Mutex
	err       error
	deadline  time.Time // last call's deadline
	published []revoke.Revocation
}

func (f *feed) Publish(ctx context.Context, all ...revoke.Revocation) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deadline, _ = ctx.Deadline()
	if f.err == nil {
		f.published = append(f.published, all...)
	}
	return f.err
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (*feed) Read(context.Context, string) (revoke.Batch, error) {
	return revoke.Batch{}, errors.New("not used")
}

// take returns the revocations that were published since the previous call of
// take, as text. Examples are "session s1" without Before, and "subject alice
// -5s" if Before is 5 seconds before s.began.
func (s *setup) take() string {
	s.t.Helper()
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	var all []string
	for _, r := range s.feed.published {
		text := r.Kind.String() + " " + r.Value
		if !r.Before.IsZero() {
			text += " " + r.Before.Sub(s.began).String()
		}
		if r.Issuer != s.as.Issuer() {
			text += " of " + r.Issuer
		}
		all = append(all, text)
	}
	s.feed.published = nil
	return strings.Join(all, ", ")
}

// object is a JSON object. Its with method removes a member if the new value is
// nil.
type object map[string]any

func (o object) with(changes object) object {
	all := object{}
	for _, members := range []object{o, changes} {
		for name, value := range members {
			if all[name] = value; value == nil {
				delete(all, name)
			}
		}
	}
	return all
}

func (o object) String() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(text)
}

var logoutEvent = object{"http://schemas.openid.net/event/backchannel-logout": object{}}

// logoutClaims returns the claims of a good logout token.
func (s *setup) logoutClaims(changes object) object {
	return object{
		"iss": s.Issuer, "aud": client, "iat": s.began.Unix(), "exp": s.began.Unix() + 120, "jti": "id-CANARY", "events": logoutEvent, "sid": sid, "sub": user,
	}.with(changes)
}

// eventClaims returns the claims of a good security event token.
func (s *setup) eventClaims(events object, changes object) object {
	return object{"iss": s.Issuer, "aud": client, "iat": s.began.Unix(), "jti": "id-CANARY", "events": events}.with(changes)
}

// sign signs claims. If typ is "", the header has no typ.
func (s *setup) sign(typ string, claims fmt.Stringer) string {
	if typ != "" {
		typ = fmt.Sprintf("%q", typ)
	}
	return s.Token(s.Header("typ", typ), claims.String())
}

// logout returns the receiver of logout tokens.
func (s *setup) logout() http.Handler {
	s.t.Helper()
	h, err := signals.Logout(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// events returns the receiver of security events.
func (s *setup) events() http.Handler {
	s.t.Helper()
	h, err := signals.Events(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	return h
}

// post sends a body, and checks that neither the response nor the log contains
// a secret from the body.
func (s *setup) post(h http.Handler, mediaType, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	s.t.Helper()
	r := newRequest(s.t, mediaType, body)
	for _, change := range change {
		change(r)
	}
	w := serve(h, r)
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		s.t.Errorf("got Cache-Control %q, want no-store", got)
	}
	if got := w.Header().Get("Retry-After"); (got != "") != (w.Code == http.StatusServiceUnavailable) {
		s.t.Errorf("got Retry-After %q with the status %d", got, w.Code)
	}
	for name, text := range map[string]string{"answer": w.Body.String(), "log": s.logs.String()} {
		for _, secret := range []string{"CANARY", "eyJ", s.Issuer} {
			if strings.Contains(text, secret) {
				s.t.Errorf("got %q in the %s: %s", secret, name, text)
			}
		}
	}
	return w
}

func newRequest(t testing.TB, mediaType, body string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", mediaType)
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (s *setup) postLogout(token string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.post(s.logout(), form, url.Values{"logout_token": {token}}.Encode())
}

// want checks the status, and the revocations that were published.
func (s *setup) want(w *httptest.ResponseRecorder, status int, published string) {
	s.t.Helper()
	if got := s.take(); w.Code != status || got != published {
		s.t.Errorf("got %d %s and %q published, want %d and %q", w.Code, w.Body, got, status, published)
	}
}

// wantRefusal checks that the status is 400, and that the body contains the
// given code and description.
func (s *setup) wantRefusal(w *httptest.ResponseRecorder, code, description string) {
	s.t.Helper()
	s.want(w, http.StatusBadRequest, "")
	var body map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		s.t.Fatal(err)
	}
	gotCode, gotText := body["error"]+body["err"], body["error_description"]+body["description"]
	if len(body) != 2 || gotCode != code || !strings.Contains(gotText, description) {
		s.t.Errorf("got %s, want %s and %q", w.Body, code, description)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		s.t.Errorf("got Content-Type %q, want application/json", got)
	}
}
