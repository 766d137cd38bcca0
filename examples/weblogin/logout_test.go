package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestALogoutEndsEverything(t *testing.T) {
	for name, test := range map[string]struct {
		opts  []testserver.Option
		after string // where the server is asked to send people
	}{
		"of JWTs":          {nil, ""},
		"of opaque tokens": {[]testserver.Option{testserver.OpaqueTokens()}, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t, test.opts...), true, func(cfg *config) {
				if test.after != "" {
					cfg.postLogoutURL = cfg.baseURL + test.after
				}
			})
			p := s.visitor()
			session := p.login().cookie(sessionCookie)
			if !s.active(s.access) {
				t.Fatal("the access token is invalid before the logout")
			}
			got := p.logout("")
			where, err := url.Parse(got.header.Get("Location"))
			if got.status != http.StatusSeeOther || err != nil {
				t.Fatalf("got %d %q, %v, want 303", got.status, got.title(), err)
			}
			query := where.Query()
			if where.Path != "/end_session" || query.Get("client_id") != s.app.cfg.clientID || query.Has("id_token_hint") {
				t.Errorf("got to %s, want the end of the session at the server", where)
			}
			resp, err := s.as.Client().Transport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, where.String(), nil))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if back := resp.Header.Get("Location"); resp.StatusCode >= 400 || test.after != "" && back != s.url+test.after {
				t.Errorf("got %d from the server, to %q", resp.StatusCode, back)
			}
			if s.active(s.access) {
				t.Error("the access token is still good")
			}
			if form := (url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.refresh}}); s.tokenStatus(form) != http.StatusBadRequest {
				t.Error("the refresh token is still good")
			}
			if got := p.open("/").title(); got != "Welcome" {
				t.Errorf("got %q, want the welcome of a stranger", got)
			}
			p.setCookie(sessionCookie, session)
			if got := p.open("/items"); got.status != http.StatusForbidden {
				t.Errorf("with the old cookie: got %d, want 403", got.status)
			}
		})
	}
}

func TestNobodyIsLoggedOutByOthers(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p, other := s.visitor(), s.visitor()
	p.login()
	other.login()
	foreign := csrfField.FindStringSubmatch(other.open("/").body)[1]
	for name, token := range map[string]string{"a guess": "guess", "a token of another session": foreign} {
		if got := p.logout(token); got.status != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", name, got.status)
		}
	}
	if got := s.visitor().logout("guess"); got.status != http.StatusForbidden || got.header.Get("Set-Cookie") != "" {
		t.Errorf("without the cookie: got %d and %q, want 403 and the cookie left alone", got.status, got.header.Get("Set-Cookie"))
	}
	if got := p.open("/logout"); got.status != http.StatusMethodNotAllowed {
		t.Errorf("a link: got %d, want 405", got.status)
	}
	if got := p.open("/items"); got.status != http.StatusOK {
		t.Errorf("got %d afterwards, want 200", got.status)
	}
}

func TestALogoutIsOneEvenIfTheServerIsDown(t *testing.T) {
	as := testserver.New(t, testserver.Metadata(func(doc map[string]any) { delete(doc, "end_session_endpoint") }))
	s := newSite(t, as, false, nil)
	p := s.visitor()
	p.login()
	as.Inject(testserver.EndpointRevoke, testserver.DropConnection())
	if got := p.logout(""); got.status != http.StatusOK || got.title() != "You are logged out" {
		t.Errorf("got %d %q, want 200", got.status, got.title())
	}
	if got := p.open("/").title(); got != "Welcome" {
		t.Errorf("got %q, want the welcome of a stranger", got)
	}
}
