package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// withoutOIDC returns a site with OIDC=off.
func withoutOIDC(t *testing.T, as *testserver.Server, changes func(*config)) *site {
	return newSite(t, as, false, func(cfg *config) {
		cfg.oidc = false
		if changes != nil {
			changes(cfg)
		}
	})
}

func TestWithoutIDTokensUserInfoIdentifiesTheUser(t *testing.T) {
	as := testserver.New(t, testserver.OpaqueTokens(), testserver.Disable(testserver.EndpointDiscovery, testserver.EndpointJWKS))
	s := withoutOIDC(t, as, nil)
	b := s.newBrowser()
	b.login()
	for path, want := range map[string]string{"/": "Welcome, Test User", "/profile": "test-user", "/items": "anvil"} {
		if got := b.open(path); got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("%s: got %d, want 200 with %q\n%s", path, got.status, want, got.body)
		}
	}
	if got := b.logout(""); got.status != http.StatusSeeOther || s.active(s.access) {
		t.Errorf("got %d from the logout, or the token is still active", got.status)
	}
}

// TestAServerWithoutMetadata tests a server that resembles GitHub: it has no
// metadata and no refresh tokens. The subjects of users are numbers, and access
// tokens do not expire.
func TestAServerWithoutMetadata(t *testing.T) {
	as := testserver.New(t, testserver.OpaqueTokens())
	var s *site
	user := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); !s.active(token) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":12345678901234567890,"login":"octocat","name":null,"email":"<b>octo@example.com"}`)
	}))
	t.Cleanup(user.Close)
	s = withoutOIDC(t, as, func(cfg *config) {
		cfg.issuer, cfg.subject, cfg.scopes = "", "id", []string{"items:read"}
		cfg.endpoints = metadata{Authorization: as.Endpoint(testserver.EndpointAuthorize), Token: as.Endpoint(testserver.EndpointToken), UserInfo: user.URL}
	})
	s.change = func(_ int, answer map[string]any) {
		delete(answer, "refresh_token")
		delete(answer, "expires_in")
	}
	b := s.newBrowser()
	id := b.login().cookie(sessionCookie)
	if saved, err := s.app.load(id); err != nil || saved.Subject != "12345678901234567890" || saved.Name != "octocat" {
		t.Errorf("got subject %q, name %q, %v", saved.Subject, saved.Name, err)
	}
	profile := b.open("/profile")
	if profile.status != http.StatusOK || !strings.Contains(profile.body, "12345678901234567890") || strings.Contains(profile.body, "<b>octo") {
		t.Errorf("got %d\n%s", profile.status, profile.body)
	}
	if got := b.open("/items"); got.status != http.StatusOK {
		t.Errorf("got %d, want 200", got.status)
	}
	as.Revoke(s.access) // the site cannot refresh the token, but the session must not end
	if got := b.open("/items"); got.status != http.StatusBadGateway || b.open("/").title() != "Welcome, octocat" {
		t.Errorf("got %d, want 502 in the session", got.status)
	}
	if got := b.logout(""); got.title() != "You are logged out" {
		t.Errorf("got %q", got.title())
	}
}

func TestALoginNeedsASubjectFromUserInfo(t *testing.T) {
	for name, fault := range map[string]testserver.Fault{
		"an error":             testserver.Status(http.StatusInternalServerError),
		"no subject":           testserver.Body("application/json", []byte(`{"name":"x"}`)),
		"an empty subject":     testserver.Body("application/json", []byte(`{"sub":""}`)),
		"an object as subject": testserver.Body("application/json", []byte(`{"sub":{}}`)),
		"not JSON":             testserver.Body("text/html", []byte(`<p>`)),
		"null":                 testserver.Body("application/json", []byte(`null`)),
		"a redirect":           testserver.RedirectTo("https://attacker.example"),
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t)
			s := withoutOIDC(t, as, nil)
			as.Inject(testserver.EndpointUserInfo, fault)
			b := s.newBrowser()
			if got := b.open(b.startLogin().String()); got.status != http.StatusBadGateway || got.cookie(sessionCookie) != "" {
				t.Errorf("got %d, want 502 and no session", got.status)
			}
		})
	}
}
