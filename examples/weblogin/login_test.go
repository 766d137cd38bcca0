package main

import (
	"encoding/base64"
	"html"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestALoginShowsTheUserAndTheAnswersOfTheAPI(t *testing.T) {
	for name, test := range map[string]struct {
		opts   []testserver.Option
		secure bool
	}{
		"over http":                 {nil, false},
		"over https":                {[]testserver.Option{testserver.TLS()}, true},
		"with pages of the server":  {[]testserver.Option{testserver.Interactive()}, false},
		"with opaque access tokens": {[]testserver.Option{testserver.OpaqueTokens()}, true},
		"signed by RSA":             {[]testserver.Option{testserver.SigningAlg("RS256")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t, test.opts...), test.secure, nil)
			b := s.newBrowser()
			if got := b.open("/").title(); got != "Welcome" {
				t.Errorf("got %q, want the page without a session", got)
			}
			done := b.login()
			requests := s.as.Requests(testserver.EndpointAuthorize)
			request := requests[len(requests)-1]
			for _, name := range []string{"state", "nonce", "code_challenge", "code_challenge_method"} {
				if !request.Form.Has(name) && !test.secure && len(test.opts) == 0 {
					t.Errorf("got %v, want %s in the request", request.Form, name)
				}
			}
			for path, want := range map[string]string{"/": "Welcome, Test User", "/profile": "test-user", "/items": "anvil"} {
				if got := b.open(path); got.status != http.StatusOK || !strings.Contains(html.UnescapeString(got.body), want) {
					t.Errorf("%s: got %d, want 200 with %q\n%s", path, got.status, want, got.body)
				}
			}
			for _, cookie := range (&http.Response{Header: done.header}).Cookies() {
				prefixed := strings.HasPrefix(cookie.Name, "__Host-")
				if !cookie.HttpOnly || cookie.Secure != test.secure || prefixed != test.secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
					t.Errorf("got the cookie %q, which lacks a security attribute", cookie)
				}
			}
		})
	}
}

func TestAnAnswerToAnotherLoginIsRefused(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	sealed := func(p pending) string {
		b, err := s.app.sealer.seal(loginCookie, p)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for name, change := range map[string]func(b *browser, query url.Values){
		"another state":                func(_ *browser, q url.Values) { q.Set("state", "other") },
		"a prefix of the state":        func(_ *browser, q url.Values) { q.Set("state", q.Get("state")[:5]) },
		"an empty state":               func(_ *browser, q url.Values) { q.Set("state", "") },
		"no state":                     func(_ *browser, q url.Values) { q.Del("state") },
		"no iss":                       func(_ *browser, q url.Values) { q.Del("iss") },
		"another iss":                  func(_ *browser, q url.Values) { q.Set("iss", "https://attacker.example") },
		"an iss with a trailing slash": func(_ *browser, q url.Values) { q.Set("iss", q.Get("iss")+"/") },
		"an error with another iss": func(_ *browser, q url.Values) {
			q.Set("iss", "https://attacker.example")
			q.Set("error", "access_denied")
		},
		"another browser":           func(b *browser, _ url.Values) { b.http = b.newBrowser().http },
		"a cookie that was changed": func(b *browser, _ url.Values) { b.setCookie(loginCookie, sealed(pending{})+"AA") },
		"a cookie without a login":  func(b *browser, q url.Values) { b.setCookie(loginCookie, ""); q.Del("state") },
		"another login's cookie": func(b *browser, _ url.Values) {
			b.setCookie(loginCookie, sealed(pending{State: "other", Ends: time.Now().Add(time.Hour)}))
		},
		"a login that took too long": func(b *browser, q url.Values) {
			b.setCookie(loginCookie, sealed(pending{State: q.Get("state"), Ends: time.Now().Add(-time.Second)}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := s.newBrowser()
			callback := b.startLogin()
			query := callback.Query()
			change(b, query)
			callback.RawQuery = query.Encode()
			before := s.as.Count(testserver.EndpointToken)
			got := b.open(callback.String())
			if got.status != http.StatusBadRequest || got.title() != "This login cannot continue" {
				t.Errorf("got %d %q, want a refusal", got.status, got.title())
			}
			if got.cookie(sessionCookie) != "" || b.open("/").title() != "Welcome" {
				t.Error("got a session")
			}
			if got := s.as.Count(testserver.EndpointToken); got != before {
				t.Error("the code was used")
			}
		})
	}
}

func TestIssIsOptionalUnlessTheMetadataAnnouncesIt(t *testing.T) {
	as := testserver.New(t, testserver.Metadata(func(doc map[string]any) { delete(doc, "authorization_response_iss_parameter_supported") }))
	s := newSite(t, as, false, nil)
	for iss, want := range map[string]int{"": http.StatusSeeOther, "https://attacker.example": http.StatusBadRequest} {
		b := s.newBrowser()
		callback := b.startLogin()
		query := callback.Query()
		if query.Del("iss"); iss != "" {
			query.Set("iss", iss)
		}
		callback.RawQuery = query.Encode()
		if got := b.open(callback.String()); got.status != want {
			t.Errorf("iss %q: got %d, want %d", iss, got.status, want)
		}
	}
}

func TestACallbackIsAcceptedOnce(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b := s.newBrowser()
	start := b.open("/login")
	callback := s.as.Login(t, start.header.Get("Location")).String()
	b.open(callback)
	if got := b.open(callback); got.status != http.StatusBadRequest || s.as.Count(testserver.EndpointToken) != 1 {
		t.Errorf("again: got %d and %d token requests, want 400 and 1", got.status, s.as.Count(testserver.EndpointToken))
	}
	// An attacker who has the callback URL and the cookie can make the site
	// send the code again. The server then refuses the code.
	attacker := s.newBrowser()
	attacker.setCookie(loginCookie, start.cookie(loginCookie))
	if got := attacker.open(callback); got.status != http.StatusBadGateway || got.cookie(sessionCookie) != "" {
		t.Errorf("with the cookie: got %d, want 502 and no session", got.status)
	}
}

func TestALoginGetsANewSessionID(t *testing.T) {
	s := newSite(t, testserver.New(t), true, nil)
	b := s.newBrowser()
	b.setCookie(sessionCookie, "PLANTED")
	first := b.login().cookie(sessionCookie)
	if first == "PLANTED" || len(first) < 26 {
		t.Errorf("got the session %q, want an ID of 128 random bits", first)
	}
	refresh := s.refresh
	second := b.login().cookie(sessionCookie)
	if second == first {
		t.Error("got the same session for a second login")
	}
	for _, old := range []string{"PLANTED", first} {
		other := s.newBrowser()
		other.setCookie(sessionCookie, old)
		if got := other.open("/items"); got.status != http.StatusForbidden {
			t.Errorf("session %q: got %d, want 403", old, got.status)
		}
	}
	if got := b.open("/items"); got.status != http.StatusOK {
		t.Errorf("got %d in the new session, want 200", got.status)
	}
	if form := (url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}); s.tokenStatus(form) != http.StatusBadRequest {
		t.Error("the tokens of the previous session are still valid")
	}
}

func TestTheIDTokenMustBeOfThisLogin(t *testing.T) {
	for name, change := range map[string]func(s *site, answer map[string]any){
		"missing":          func(_ *site, answer map[string]any) { delete(answer, "id_token") },
		"of another login": func(s *site, answer map[string]any) { maps.Copy(answer, s.answers[0]) },
		"of another server": func(s *site, answer map[string]any) {
			answer["id_token"] = testserver.New(s.t).IDToken(testserver.ForClient(s.app.cfg.clientID))
		},
		"for another client":        func(s *site, answer map[string]any) { answer["id_token"] = s.as.IDToken() },
		"the access token":          func(_ *site, answer map[string]any) { answer["id_token"] = answer["access_token"] },
		"with another access token": func(s *site, answer map[string]any) { answer["access_token"] = s.as.Token() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t), false, nil)
			s.newBrowser().login()
			s.change = func(n int, answer map[string]any) { change(s, answer) }
			b := s.newBrowser()
			got := b.open(b.startLogin().String())
			if got.status != http.StatusBadGateway || got.title() != "The login server did not identify you" || got.cookie(sessionCookie) != "" {
				t.Errorf("got %d %q, want 502 and no session", got.status, got.title())
			}
		})
	}
}

func TestRefusalsOfTheServerAreShown(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	for code, want := range map[string]string{
		"access_denied":           "You did not allow the login",
		"temporarily_unavailable": "The login server is unavailable",
		"login_required":          "The login server refused",
	} {
		s.as.DenyNext(code)
		b := s.newBrowser()
		if got := b.open(b.startLogin().String()); got.title() != want || got.status < 400 {
			t.Errorf("%s: got %d %q, want %q", code, got.status, got.title(), want)
		}
	}
	s.as.Inject(testserver.EndpointToken, testserver.OAuthError("invalid_grant", "secret-description"))
	b := s.newBrowser()
	if got := b.open(b.startLogin().String()); got.status != http.StatusBadGateway {
		t.Errorf("without tokens: got %d, want 502", got.status)
	}
	if got := s.as.Count(testserver.EndpointToken); got != 1 {
		t.Errorf("got %d requests with the code, want 1", got)
	}
	if log := s.log.String(); strings.Contains(log, "secret-description") || !strings.Contains(log, "invalid_grant") {
		t.Errorf("got the log\n%s\nwant the error code, and not the description", log)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b := s.newBrowser()
	for _, path := range []string{"/", "/login", "/callback", "/items", "/nothing", "/style.css"} {
		got := b.open(path)
		for field, want := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'",
			"Referrer-Policy":         "no-referrer",
			"X-Content-Type-Options":  "nosniff",
		} {
			if !strings.Contains(got.header.Get(field), want) {
				t.Errorf("%s: got %s %q, want %q", path, field, got.header.Get(field), want)
			}
		}
		if cache := got.header.Get("Cache-Control"); cache != "no-store" && path != "/style.css" {
			t.Errorf("%s: got Cache-Control %q, want no-store", path, cache)
		}
	}
}

func TestParametersDoNotChangeTheRedirect(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b := s.newBrowser()
	start := b.open("/login?next=https://attacker.example&redirect_uri=https://attacker.example")
	if where := start.header.Get("Location"); strings.Contains(where, "attacker") {
		t.Errorf("got %s", where)
	}
	callback := s.as.Login(t, start.header.Get("Location"))
	if got := b.open(callback.String() + "&next=https://attacker.example").header.Get("Location"); got != "/" {
		t.Errorf("got a redirect to %s, want /", got)
	}
}
