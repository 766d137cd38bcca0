package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestALogoutEndsTheSessionAndItsTokens(t *testing.T) {
	for name, test := range map[string]struct {
		opts  []testserver.Option
		after string // path of POST_LOGOUT_URL
	}{
		"JWTs":          {nil, ""},
		"opaque tokens": {[]testserver.Option{testserver.OpaqueTokens()}, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t, test.opts...), true, func(cfg *config) {
				if test.after != "" {
					cfg.postLogoutURL = cfg.baseURL + test.after
				}
			})
			b := s.newBrowser()
			session := b.login().cookie(sessionCookie)
			if !s.active(s.access) {
				t.Fatal("the access token is not active before the logout")
			}
			got := b.logout("")
			where, err := url.Parse(got.header.Get("Location"))
			if got.status != http.StatusSeeOther || err != nil {
				t.Fatalf("got %d %q, %v, want 303", got.status, got.title(), err)
			}
			query := where.Query()
			if where.Path != "/end_session" || query.Get("client_id") != s.app.cfg.clientID || query.Has("id_token_hint") {
				t.Errorf("got a redirect to %s, want the end_session endpoint", where)
			}
			resp, err := s.as.Client().Transport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, where.String(), nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if back := resp.Header.Get("Location"); resp.StatusCode >= 400 || test.after != "" && back != s.url+test.after {
				t.Errorf("got %d from the server and a redirect to %q", resp.StatusCode, back)
			}
			if s.active(s.access) {
				t.Error("the access token is still active")
			}
			if form := (url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.refresh}}); s.tokenStatus(form) != http.StatusBadRequest {
				t.Error("the refresh token is still valid")
			}
			if got := b.open("/").title(); got != "Welcome" {
				t.Errorf("got %q, want the page without a session", got)
			}
			b.setCookie(sessionCookie, session)
			if got := b.open("/items"); got.status != http.StatusForbidden {
				t.Errorf("with the old cookie: got %d, want 403", got.status)
			}
		})
	}
}

func TestALogoutNeedsTheCSRFTokenOfTheSession(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b, other := s.newBrowser(), s.newBrowser()
	b.login()
	other.login()
	otherCSRF := csrfField.FindStringSubmatch(other.open("/").body)[1]
	for name, token := range map[string]string{"a guess": "guess", "a token of another session": otherCSRF} {
		if got := b.logout(token); got.status != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", name, got.status)
		}
	}
	if got := s.newBrowser().logout("guess"); got.status != http.StatusForbidden || got.header.Get("Set-Cookie") != "" {
		t.Errorf("without the cookie: got %d and %q, want 403 and no change of the cookie", got.status, got.header.Get("Set-Cookie"))
	}
	if got := b.open("/logout"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("with GET: got %d, want 405", got.status)
	}
	if got := b.open("/items"); got.status != http.StatusOK {
		t.Errorf("got %d afterwards, want 200", got.status)
	}
}

func TestALogoutSucceedsIfTheServerIsDown(t *testing.T) {
	as := testserver.New(t, testserver.Metadata(func(doc map[string]any) { delete(doc, "end_session_endpoint") }))
	s := newSite(t, as, false, nil)
	b := s.newBrowser()
	b.login()
	as.Inject(testserver.EndpointRevoke, testserver.DropConnection())
	if got := b.logout(""); got.status != http.StatusOK || got.title() != "You are logged out" {
		t.Errorf("got %d %q, want 200", got.status, got.title())
	}
	if got := b.open("/").title(); got != "Welcome" {
		t.Errorf("got %q, want the page without a session", got)
	}
}
