package testserver_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestLogout(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "web", Secret: "x", RedirectURIs: []string{"https://app.example/bye"}},
		testserver.Client{ID: "spa", Public: true, RedirectURIs: []string{"https://spa.example/cb"}, PostLogoutRedirectURIs: []string{"https://spa.example/out"}},
		testserver.Client{ID: "native", Public: true, RedirectURIs: []string{"http://127.0.0.1/cb"}}))
	id := tokens(t, s, "scope", "openid").text("id_token")
	const registered = "http://127.0.0.1/callback"
	for name, tt := range map[string]struct {
		query url.Values
		to    string // "" means a page without a redirect
		ok    bool
	}{
		"T13/nothing":                                  {url.Values{}, "", true},
		"T13/a registered URI":                         {url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {"https://app.example/bye"}}, "https://app.example/bye", true},
		"T13/with state":                               {url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {"https://app.example/bye"}, "state": {"a b"}}, "https://app.example/bye?state=a+b", true},
		"T13/by ID token":                              {url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {registered}}, registered, true},
		"T13/another port":                             {url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {callback}}, callback, true},
		"T13/the root of loopback":                     {url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {"http://localhost:3000/"}}, "http://localhost:3000/", true},
		"T13/another path":                             {url.Values{"id_token_hint": {id}, "post_logout_redirect_uri": {"http://localhost:3000/else"}}, "", false},
		"T13/a login URI":                              {url.Values{"client_id": {"native"}, "post_logout_redirect_uri": {"http://127.0.0.1/cb"}}, "http://127.0.0.1/cb", true},
		"T13/a login URI with another port":            {url.Values{"client_id": {"native"}, "post_logout_redirect_uri": {"http://127.0.0.1:8080/cb"}}, "", false},
		"T13/a logout URI":                             {url.Values{"client_id": {"spa"}, "post_logout_redirect_uri": {"https://spa.example/out"}, "state": {"s"}}, "https://spa.example/out?state=s", true},
		"T13/a login URI of a client with logout URIs": {url.Values{"client_id": {"spa"}, "post_logout_redirect_uri": {"https://spa.example/cb"}}, "", false},
		"T13/by another's ID token":                    {url.Values{"client_id": {"web"}, "id_token_hint": {id}}, "", false},
		"T13/by a malformed ID token":                  {url.Values{"id_token_hint": {"x"}}, "", false},
		"T13/no client":                                {url.Values{"post_logout_redirect_uri": {"https://app.example/bye"}}, "", false},
		"T13/another client's":                         {url.Values{"client_id": {"test-public"}, "post_logout_redirect_uri": {"https://app.example/bye"}}, "", false},
		"T13/elsewhere":                                {url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {"https://evil.example/"}}, "", false},
		"T13/a suffix":                                 {url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {"https://app.example/bye/x"}}, "", false},
		"T13/a parameter next":                         {url.Values{"next": {"https://evil.example/"}}, "", true},
		"T20/a parameter twice":                        {url.Values{"client_id": {"web", "web"}}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			rec := serve(s, "GET", s.Endpoint(testserver.EndpointEndSession)+"?"+tt.query.Encode())
			if got := rec.Header().Get("Location"); got != tt.to || tt.to == "" && (rec.Code == 200) != tt.ok {
				t.Errorf("got %d to %q, want %v %q", rec.Code, got, tt.ok, tt.to)
			}
		})
	}
}

// A link on another site must not log the user out.
func TestLogoutConfirmation(t *testing.T) {
	const home = "https://app.example/bye"
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice, testserver.User{Sub: "bob", Password: "bobs-password"}),
		testserver.Clients(testserver.Client{ID: "web", Secret: "x", RedirectURIs: []string{home}}))
	signedIn := func(t *testing.T) *browser {
		p := newBrowser(t, s)
		page := p.signIn(authorizationRequest("scope", "a"))
		p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))
		return p
	}
	loggedIn := func(p *browser) bool { return answersCode(p.open(authorizationRequest("scope", "a"))) }
	logout := func(p *browser, query url.Values) *httptest.ResponseRecorder {
		return p.send(httptest.NewRequest("GET", s.Endpoint(testserver.EndpointEndSession)+"?"+query.Encode(), nil))
	}
	hint := func(sub string) string { return s.IDToken(testserver.Subject(sub), testserver.ForClient("web")) }
	old := hint("alice")
	s.Advance(time.Hour)
	back := values(url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {home}, "state": {"a b"}})
	for name, tt := range map[string]struct {
		query url.Values
		asked bool
	}{
		"T09/nothing":                     {url.Values{}, true},
		"T09/a client":                    {back, true},
		"T09/an ID token of another user": {values(back, "id_token_hint", hint("bob")), true},
		"the user's ID token":             {values(back, "id_token_hint", hint("alice")), false},
		"the user's ID token, expired":    {values(back, "id_token_hint", old), false},
	} {
		t.Run(name, func(t *testing.T) {
			for decision, keep := range map[string]bool{"allow": false, "deny": true, "": true} {
				p := signedIn(t)
				rec := logout(p, tt.query)
				if asked := strings.Contains(rec.Body.String(), `name="decision"`); asked != tt.asked {
					t.Fatalf("got %d %s, want a confirmation page: %v", rec.Code, rec.Body, tt.asked)
				}
				if tt.asked {
					if !loggedIn(p) {
						t.Fatal("got the user logged out, want a confirmation first")
					}
					rec = p.post(testserver.EndpointConsent, hiddenFields(rec, "decision", decision))
				}
				keep, to := keep && tt.asked, ""
				if !keep && tt.query.Has("client_id") {
					to = home + "?state=a+b"
				}
				if got := rec.Header().Get("Location"); got != to || loggedIn(p) != keep {
					t.Errorf("%q: got %d to %q, logged in %v, want %q, %v", decision, rec.Code, got, loggedIn(p), to, keep)
				}
			}
		})
	}
	t.Run("without a session", func(t *testing.T) {
		if rec := logout(newBrowser(t, s), back); rec.Header().Get("Location") != home+"?state=a+b" {
			t.Errorf("got %d %s, want no confirmation page", rec.Code, rec.Body)
		}
	})
	t.Run("by POST from another site, so without the cookie", func(t *testing.T) {
		p := signedIn(t)
		rec := p.follow(newBrowser(t, s).post(testserver.EndpointEndSession, values(back, "id_token_hint", hint("alice"))))
		if rec.Header().Get("Location") != home+"?state=a+b" || loggedIn(p) {
			t.Errorf("got %d to %q, logged in %v, want the user logged out", rec.Code, rec.Header().Get("Location"), loggedIn(p))
		}
	})
	p, other := signedIn(t), signedIn(t)
	page := logout(p, back)
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"T09/without a token":        p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "server_csrf", "-")),
		"T09/in another browser":     other.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow")),
		"T13/to an unregistered URI": p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "server_request", "logout?client_id=web&post_logout_redirect_uri=https://evil.example/")),
		"T09/as a request":           p.post(testserver.EndpointEndSession, values(back, "decision", "allow", "server_csrf", hiddenFields(page).Get("server_csrf"))),
		"T13/as a login":             p.post(testserver.EndpointLogin, hiddenFields(page, "username", "alice", "password", "alices-password")),
	} {
		t.Run(name, func(t *testing.T) {
			if rec.Header().Get("Location") != "" || !loggedIn(p) || !loggedIn(other) {
				t.Errorf("got %d to %q, want all users still logged in", rec.Code, rec.Header().Get("Location"))
			}
		})
	}
}

func answersCode(rec *httptest.ResponseRecorder) bool {
	return strings.Contains(rec.Header().Get("Location"), "code=")
}
