package testserver_test

import (
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestSessions(t *testing.T) {
	s := interactive(t)
	signedIn := func(t *testing.T) *browser {
		p := newBrowser(t, s)
		page := p.signIn(authorizationRequest("scope", "a"))
		p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))
		if q := callbackQuery(t, p.open(authorizationRequest("scope", "a"))); q.Get("code") == "" {
			t.Fatalf("got %v, want a code without a page", q)
		}
		return p
	}
	t.Run("T09/a login as another user", func(t *testing.T) {
		p := signedIn(t)
		login := p.open(authorizationRequest("scope", "a", "prompt", "login"))
		page := p.follow(p.post(testserver.EndpointLogin, hiddenFields(login, "username", "bob", "password", "bobs-password")))
		if !strings.Contains(page.Body.String(), `name="decision"`) {
			t.Errorf("got %d %s, want the consent page for bob", page.Code, page.Body)
		}
	})
	t.Run("T09/a consent to more scopes than requested", func(t *testing.T) {
		p := newBrowser(t, s)
		form := hiddenFields(p.signIn(authorizationRequest("scope", "a")), "decision", "allow")
		form["scope"] = []string{"a", "admin"}
		r := wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, p.post(testserver.EndpointConsent, form)).Get("code"))))
		if r.text("scope") != "a" {
			t.Errorf("got the scope %q, want only a", r.text("scope"))
		}
	})
	t.Run("T13/a logout ends the session", func(t *testing.T) {
		p := signedIn(t)
		old := &browser{t, s, maps.Clone(p.cookies)}
		p.post(testserver.EndpointConsent, hiddenFields(p.send(httptest.NewRequest("GET", s.Endpoint(testserver.EndpointEndSession), nil)), "decision", "allow"))
		for _, who := range []*browser{p, old} {
			if rec := who.open(authorizationRequest("scope", "a")); !strings.Contains(rec.Body.String(), `name="password"`) {
				t.Errorf("got %d %s, want the login page", rec.Code, rec.Body)
			}
		}
	})
}
