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

func TestALoginShowsWhoItIsAndWhatTheAPITells(t *testing.T) {
	for name, test := range map[string]struct {
		opts   []testserver.Option
		secure bool
	}{
		"over http":                    {nil, false},
		"over https":                   {[]testserver.Option{testserver.TLS()}, true},
		"on pages of the server's own": {[]testserver.Option{testserver.Interactive()}, false},
		"with opaque access tokens":    {[]testserver.Option{testserver.OpaqueTokens()}, true},
		"signed by RSA":                {[]testserver.Option{testserver.SigningAlg("RS256")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t, test.opts...), test.secure, nil)
			p := s.visitor()
			if got := p.open("/").title(); got != "Welcome" {
				t.Errorf("got %q, want the welcome of a stranger", got)
			}
			done := p.login()
			requests := s.as.Requests(testserver.EndpointAuthorize)
			asked := requests[len(requests)-1]
			for _, name := range []string{"state", "nonce", "code_challenge", "code_challenge_method"} {
				if !asked.Form.Has(name) && !test.secure && len(test.opts) == 0 {
					t.Errorf("got %v, want %s in the request", asked.Form, name)
				}
			}
			for path, want := range map[string]string{"/": "Welcome, Test User", "/profile": "test-user", "/items": "anvil"} {
				if got := p.open(path); got.status != http.StatusOK || !strings.Contains(html.UnescapeString(got.body), want) {
					t.Errorf("%s: got %d, want 200 with %q\n%s", path, got.status, want, got.body)
				}
			}
			for _, cookie := range (&http.Response{Header: done.header}).Cookies() {
				prefixed := strings.HasPrefix(cookie.Name, "__Host-")
				if !cookie.HttpOnly || cookie.Secure != test.secure || prefixed != test.secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
					t.Errorf("got the cookie %q, which says too little", cookie)
				}
			}
		})
	}
}

func TestAnAnswerThatIsNotToThisLoginIsRefused(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	sealed := func(p pending) string {
		b, err := s.app.sealer.seal(loginCookie, p)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for name, change := range map[string]func(p *person, query url.Values){
		"another state":              func(_ *person, q url.Values) { q.Set("state", "other") },
		"the beginning of the state": func(_ *person, q url.Values) { q.Set("state", q.Get("state")[:5]) },
		"an empty state":             func(_ *person, q url.Values) { q.Set("state", "") },
		"no state":                   func(_ *person, q url.Values) { q.Del("state") },
		"no iss":                     func(_ *person, q url.Values) { q.Del("iss") },
		"the iss of somebody else":   func(_ *person, q url.Values) { q.Set("iss", "https://attacker.example") },
		"an iss with a slash":        func(_ *person, q url.Values) { q.Set("iss", q.Get("iss")+"/") },
		"an error of somebody else": func(_ *person, q url.Values) {
			q.Set("iss", "https://attacker.example")
			q.Set("error", "access_denied")
		},
		"another browser":           func(p *person, _ url.Values) { p.http = p.visitor().http },
		"a cookie that was changed": func(p *person, _ url.Values) { p.setCookie(loginCookie, sealed(pending{})+"AA") },
		"a cookie without a login":  func(p *person, q url.Values) { p.setCookie(loginCookie, ""); q.Del("state") },
		"another login's cookie": func(p *person, _ url.Values) {
			p.setCookie(loginCookie, sealed(pending{State: "other", Ends: time.Now().Add(time.Hour)}))
		},
		"a login that took too long": func(p *person, q url.Values) {
			p.setCookie(loginCookie, sealed(pending{State: q.Get("state"), Ends: time.Now().Add(-time.Second)}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.visitor()
			callback := p.answered()
			query := callback.Query()
			change(p, query)
			callback.RawQuery = query.Encode()
			before := s.as.Count(testserver.EndpointToken)
			got := p.open(callback.String())
			if got.status != http.StatusBadRequest || got.title() != "This login cannot go on" {
				t.Errorf("got %d %q, want a refusal", got.status, got.title())
			}
			if got.cookie(sessionCookie) != "" || p.open("/").title() != "Welcome" {
				t.Error("got a session")
			}
			if got := s.as.Count(testserver.EndpointToken); got != before {
				t.Error("the code was used all the same")
			}
		})
	}
}

func TestAServerThatDoesNotSendItsNameNeedNot(t *testing.T) {
	as := testserver.New(t, testserver.Metadata(func(doc map[string]any) { delete(doc, "authorization_response_iss_parameter_supported") }))
	s := newSite(t, as, false, nil)
	for iss, want := range map[string]int{"": http.StatusSeeOther, "https://attacker.example": http.StatusBadRequest} {
		p := s.visitor()
		callback := p.answered()
		query := callback.Query()
		if query.Del("iss"); iss != "" {
			query.Set("iss", iss)
		}
		callback.RawQuery = query.Encode()
		if got := p.open(callback.String()); got.status != want {
			t.Errorf("iss %q: got %d, want %d", iss, got.status, want)
		}
	}
}

func TestACallbackIsGoodOnce(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p := s.visitor()
	start := p.open("/login")
	callback := s.as.Login(t, start.header.Get("Location")).String()
	p.open(callback)
	if got := p.open(callback); got.status != http.StatusBadRequest || s.as.Count(testserver.EndpointToken) != 1 {
		t.Errorf("again: got %d and %d token requests, want 400 and 1", got.status, s.as.Count(testserver.EndpointToken))
	}
	// Who kept the cookie comes as far as the server, which knows the code.
	thief := s.visitor()
	thief.setCookie(loginCookie, start.cookie(loginCookie))
	if got := thief.open(callback); got.status != http.StatusBadGateway || got.cookie(sessionCookie) != "" {
		t.Errorf("with the cookie: got %d, want 502 and no session", got.status)
	}
}

func TestALoginGetsASessionThatNobodyKnew(t *testing.T) {
	s := newSite(t, testserver.New(t), true, nil)
	p := s.visitor()
	p.setCookie(sessionCookie, "PLANTED")
	first := p.login().cookie(sessionCookie)
	if first == "PLANTED" || len(first) < 26 {
		t.Errorf("got the session %q, want one of 128 random bits", first)
	}
	refresh := s.refresh
	second := p.login().cookie(sessionCookie)
	if second == first {
		t.Error("got the same session for a second login")
	}
	for _, old := range []string{"PLANTED", first} {
		other := s.visitor()
		other.setCookie(sessionCookie, old)
		if got := other.open("/items"); got.status != http.StatusForbidden {
			t.Errorf("session %q: got %d, want 403", old, got.status)
		}
	}
	if got := p.open("/items"); got.status != http.StatusOK {
		t.Errorf("got %d in the new session, want 200", got.status)
	}
	if form := (url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}); s.tokenStatus(form) != http.StatusBadRequest {
		t.Error("the tokens of the session before are still good")
	}
}

func TestTheIDTokenMustBeOfThisLogin(t *testing.T) {
	for name, change := range map[string]func(s *site, answer map[string]any){
		"none":             func(_ *site, answer map[string]any) { delete(answer, "id_token") },
		"of another login": func(s *site, answer map[string]any) { maps.Copy(answer, s.answers[0]) },
		"of another server": func(s *site, answer map[string]any) {
			answer["id_token"] = testserver.New(s.t).IDToken(testserver.ForClient(s.app.cfg.clientID))
		},
		"for another client":            func(s *site, answer map[string]any) { answer["id_token"] = s.as.IDToken() },
		"the access token":              func(_ *site, answer map[string]any) { answer["id_token"] = answer["access_token"] },
		"beside another's access token": func(s *site, answer map[string]any) { answer["access_token"] = s.as.Token() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, testserver.New(t), false, nil)
			s.visitor().login()
			s.change = func(n int, answer map[string]any) { change(s, answer) }
			p := s.visitor()
			got := p.open(p.answered().String())
			if got.status != http.StatusBadGateway || got.title() != "The login server did not say who you are" || got.cookie(sessionCookie) != "" {
				t.Errorf("got %d %q, want 502 and no session", got.status, got.title())
			}
		})
	}
}

func TestARefusalIsShownPolitely(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	for code, want := range map[string]string{
		"access_denied":           "You did not allow it",
		"temporarily_unavailable": "The login server is out of order",
		"login_required":          "The login server refused",
	} {
		s.as.DenyNext(code)
		p := s.visitor()
		if got := p.open(p.answered().String()); got.title() != want || got.status < 400 {
			t.Errorf("%s: got %d %q, want %q", code, got.status, got.title(), want)
		}
	}
	s.as.Inject(testserver.EndpointToken, testserver.OAuthError("invalid_grant", "what-the-server-says"))
	p := s.visitor()
	if got := p.open(p.answered().String()); got.status != http.StatusBadGateway {
		t.Errorf("without tokens: got %d, want 502", got.status)
	}
	if got := s.as.Count(testserver.EndpointToken); got != 1 {
		t.Errorf("got the code sent %d times, want once", got)
	}
	if log := s.log.String(); strings.Contains(log, "what-the-server-says") || !strings.Contains(log, "invalid_grant") {
		t.Errorf("got the log\n%s\nwant the code of the refusal and no more of it", log)
	}
}

func TestEveryAnswerTellsTheBrowserWhatNotToDo(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p := s.visitor()
	for _, path := range []string{"/", "/login", "/callback", "/items", "/nothing", "/style.css"} {
		got := p.open(path)
		for field, want := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'",
			"Referrer-Policy":         "no-referrer",
			"X-Content-Type-Options":  "nosniff",
		} {
			if !strings.Contains(got.header.Get(field), want) {
				t.Errorf("%s: got %s %q, want %q", path, field, got.header.Get(field), want)
			}
		}
		if stored := got.header.Get("Cache-Control"); stored != "no-store" && path != "/style.css" {
			t.Errorf("%s: got Cache-Control %q, want no-store", path, stored)
		}
	}
}

func TestNobodyElseSaysWhereALoginLeads(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p := s.visitor()
	start := p.open("/login?next=https://attacker.example&redirect_uri=https://attacker.example")
	if where := start.header.Get("Location"); strings.Contains(where, "attacker") {
		t.Errorf("got %s", where)
	}
	callback := s.as.Login(t, start.header.Get("Location"))
	if got := p.open(callback.String() + "&next=https://attacker.example").header.Get("Location"); got != "/" {
		t.Errorf("got to %s, want /", got)
	}
}
