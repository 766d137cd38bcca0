package testserver_test

import (
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// browser imitates a browser with cookies. A test controls it step by step.
type browser struct {
	t       *testing.T
	s       *testserver.Server
	cookies map[string]*http.Cookie
}

func newBrowser(t *testing.T, s *testserver.Server) *browser {
	return &browser{t, s, map[string]*http.Cookie{}}
}

func (p *browser) send(r *http.Request) *httptest.ResponseRecorder {
	for _, c := range p.cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	p.s.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		p.cookies[c.Name] = c
	}
	return rec
}

func (p *browser) open(query url.Values) *httptest.ResponseRecorder {
	return p.send(httptest.NewRequest("GET", p.s.Endpoint(testserver.EndpointAuthorize)+"?"+query.Encode(), nil))
}

func (p *browser) follow(rec *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	return p.send(httptest.NewRequest("GET", rec.Header().Get("Location"), nil))
}

var hidden = regexp.MustCompile(`type="hidden" name="([^"]*)" value="([^"]*)"`)

// hiddenFields returns the hidden form fields of a page. The pairs are
// alternating names and values of fields to add or overwrite.
func hiddenFields(rec *httptest.ResponseRecorder, pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(rec.Body.String(), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return values(form, pairs...)
}

func (p *browser) post(ep testserver.Endpoint, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", p.s.Endpoint(ep), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", formType)
	return p.send(r)
}

// signIn logs in as alice and returns the next response: the consent page or a
// redirect to the client.
func (p *browser) signIn(query url.Values) *httptest.ResponseRecorder {
	p.t.Helper()
	rec := p.post(testserver.EndpointLogin, hiddenFields(p.open(query), "username", "alice", "password", "alices-password"))
	if rec.Code != http.StatusSeeOther {
		p.t.Fatalf("got %d %s, want 303", rec.Code, rec.Body)
	}
	return p.follow(rec)
}

func callbackQuery(t *testing.T, rec *httptest.ResponseRecorder) url.Values {
	t.Helper()
	to, err := rec.Result().Location()
	if err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		t.Fatalf("got %d to %v, want a redirect to the client", rec.Code, to)
	}
	return to.Query()
}

func interactive(t *testing.T) *testserver.Server {
	return testserver.New(t, testserver.Interactive(), testserver.Users(alice, testserver.User{Sub: "bob", Password: "bobs-password"}))
}

func TestLoginAndConsent(t *testing.T) {
	s := interactive(t)
	p := newBrowser(t, s)
	page := p.signIn(authorizationRequest("scope", "openid a b"))
	rec := p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))
	t.Run("T15/redirect after the consent", func(t *testing.T) { // signIn has already checked the redirect after the login
		if rec.Code != http.StatusSeeOther {
			t.Errorf("got %d, want 303", rec.Code)
		}
	})
	r := wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, rec).Get("code"))))
	if _, claims := verified(t, s, r.text("access_token")); claims["sub"] != "alice" || claims["scope"] != "a" {
		t.Errorf("got %v, want alice and the selected scope", claims)
	}
	if q := callbackQuery(t, p.open(authorizationRequest("scope", "a"))); q.Get("code") == "" {
		t.Errorf("got %v, want a code without another page", q)
	}
	if rec := p.open(authorizationRequest("scope", "b")); rec.Code != 200 || !strings.Contains(rec.Body.String(), `name="decision"`) {
		t.Errorf("got %d, want the consent page for another scope", rec.Code)
	}
	rec = p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "deny"))
	if q := callbackQuery(t, rec); q.Get("error") != "access_denied" || q.Get("state") != "s" || q.Get("iss") != s.Issuer() {
		t.Errorf("got %v, want access_denied", q)
	}
}

func TestLoginAndConsentCSRF(t *testing.T) {
	s := interactive(t)
	p := newBrowser(t, s)
	login := p.open(authorizationRequest("scope", "a"))
	before := maps.Clone(p.cookies)
	consent := p.signIn(authorizationRequest("scope", "a"))
	other := newBrowser(t, s)
	otherLogin := other.open(authorizationRequest())
	begun, _ := startDevice(t, s)

	for name, rec := range map[string]*httptest.ResponseRecorder{
		"T09/consent without a token":                         p.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow", "server_csrf", "-")),
		"T09/consent with another session's token":            p.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow", "server_csrf", hiddenFields(otherLogin).Get("server_csrf"))),
		"T09/consent with a token from before the login":      p.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow", "server_csrf", hiddenFields(login).Get("server_csrf"))),
		"T09/consent in another browser":                      other.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow")),
		"T09/consent without a session":                       newBrowser(t, s).post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow")),
		"T09/device without a token":                          p.post(testserver.EndpointDevice, url.Values{"user_code": {begun.text("user_code")}}),
		"T09/login without a token":                           newBrowser(t, s).post(testserver.EndpointLogin, hiddenFields(otherLogin, "server_csrf", "-", "username", "alice", "password", "alices-password")),
		"T09/login with an attacker's form":                   newBrowser(t, s).post(testserver.EndpointLogin, hiddenFields(otherLogin, "username", "bob", "password", "bobs-password")),
		"T20/consent with two decisions":                      p.post(testserver.EndpointConsent, url.Values{"decision": {"deny", "allow"}, "server_csrf": {hiddenFields(consent).Get("server_csrf")}}),
		"T13/login that redirects elsewhere":                  p.post(testserver.EndpointLogin, hiddenFields(consent, "server_request", "https://evil.example/", "username", "alice", "password", "alices-password")),
		"T13/login that redirects elsewhere without a scheme": p.post(testserver.EndpointLogin, hiddenFields(consent, "server_request", "//evil.example/?", "username", "alice", "password", "alices-password")),
		"T01/consent for another redirect_uri":                p.post(testserver.EndpointConsent, hiddenFields(consent, "decision", "allow", "server_request", "authorize?"+authorizationRequest("redirect_uri", "https://evil.example/").Encode())),
	} {
		t.Run(name, func(t *testing.T) {
			if rec.Code != http.StatusForbidden && rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" {
				t.Errorf("got %d to %q, want an error", rec.Code, rec.Header().Get("Location"))
			}
		})
	}
	t.Run("T09/session fixation", func(t *testing.T) {
		fixed := &browser{t, s, before}
		for name, c := range before {
			if p.cookies[name].Value == c.Value {
				t.Error("got the same session after the login, want a new one")
			}
		}
		if rec := fixed.open(authorizationRequest("scope", "a")); !strings.Contains(rec.Body.String(), `name="password"`) {
			t.Errorf("got %d %s, want the login page", rec.Code, rec.Body)
		}
	})
	t.Run("T09/the cookie", func(t *testing.T) {
		for _, c := range login.Result().Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("got %v, want HttpOnly and SameSite", c)
			}
		}
	})
	for name, form := range map[string][]string{
		"a wrong password": {"username", "alice", "password", "wrong"}, "another user's password": {"username", "alice", "password", "bobs-password"},
		"no password": {"username", "alice"}, "an unknown user": {"username", "nobody", "password", "x"}, "an unknown user to pick": {"pick", "nobody"},
	} {
		t.Run("login with "+name, func(t *testing.T) {
			q := newBrowser(t, s)
			rec := q.post(testserver.EndpointLogin, hiddenFields(q.open(authorizationRequest()), form...))
			if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `name="password"`) {
				t.Errorf("got %d, want the page again", rec.Code)
			}
		})
	}
}

func TestPrompts(t *testing.T) {
	s := interactive(t)
	const login, consent = "login", "consent"
	signedIn := func() *browser {
		p := newBrowser(t, s)
		page := p.signIn(authorizationRequest("scope", "a"))
		p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))
		return p
	}
	bobs := s.IDToken(testserver.Subject("bob"))
	for name, tt := range map[string]struct {
		loggedOut bool
		age       time.Duration
		change    []string
		want      string // the page (login or consent), an error code, or "" for success
	}{
		"logged out":                 {true, 0, nil, login},
		"logged in":                  {false, 0, nil, ""},
		"none, logged out":           {true, 0, []string{"prompt", "none"}, "login_required"},
		"none, logged in":            {false, 0, []string{"prompt", "none"}, ""},
		"none, another scope":        {false, 0, []string{"prompt", "none", "scope", "a b"}, "consent_required"},
		"none, another client":       {false, 0, []string{"prompt", "none", "client_id", "test-client"}, "consent_required"},
		"none, another user's hint":  {false, 0, []string{"prompt", "none", "id_token_hint", bobs}, "login_required"},
		"login":                      {false, 0, []string{"prompt", "login"}, login},
		"select_account":             {false, 0, []string{"prompt", "select_account"}, login},
		"consent":                    {false, 0, []string{"prompt", "consent"}, consent},
		"login and consent":          {false, 0, []string{"prompt", "login consent"}, login},
		"max_age, young enough":      {false, time.Minute, []string{"max_age", "61"}, ""},
		"max_age, too old":           {false, time.Minute, []string{"max_age", "59"}, login},
		"max_age 0":                  {false, 0, []string{"max_age", "0"}, login},
		"max_age, too old, and none": {false, time.Minute, []string{"max_age", "59", "prompt", "none"}, "login_required"},
		"an expired session":         {false, 25 * time.Hour, nil, login},
		"another user's hint":        {false, 0, []string{"id_token_hint", bobs}, login},
		"an error before the prompt": {true, 0, []string{"response_type", "x"}, "unsupported_response_type"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newBrowser(t, s)
			if !tt.loggedOut {
				p = signedIn()
			}
			s.Advance(tt.age)
			rec := p.open(authorizationRequest(append([]string{"scope", "a"}, tt.change...)...))
			var got string
			switch page := rec.Body.String(); {
			case strings.Contains(page, `name="password"`):
				got = login
			case strings.Contains(page, `name="decision"`):
				got = consent
			default:
				got = callbackQuery(t, rec).Get("error")
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("prompt=login is satisfied by one login", func(t *testing.T) {
		p := signedIn()
		s.Advance(time.Minute)
		query := authorizationRequest("scope", "openid a", "prompt", "login")
		old := &browser{t, s, maps.Clone(p.cookies)}
		page := p.signIn(query)
		if rec := old.open(authorizationRequest("scope", "a")); !strings.Contains(rec.Body.String(), `name="password"`) {
			t.Errorf("got %d for the session before, want it ended", rec.Code)
		}
		r := wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "openid"))).Get("code"))))
		if _, claims := verified(t, s, r.text("id_token")); claims["auth_time"] != float64(s.Now().Unix()) {
			t.Errorf("got %v, want the time of the second login", claims)
		}
		if rec := p.open(query); !strings.Contains(rec.Body.String(), `name="password"`) {
			t.Errorf("got %d, want the login page again", rec.Code)
		}
	})
}

func TestPagesEscapeRequestParameters(t *testing.T) {
	const markup = `"><script>alert(1)</script>`
	s := testserver.New(t, testserver.Interactive(), testserver.Users(alice), testserver.Clients(testserver.Client{ID: markup, Public: true}))
	p := newBrowser(t, s)
	query := authorizationRequest("client_id", markup, "scope", "a<script>", "state", markup, "login_hint", markup, "nonce", markup)
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"T12/login": p.open(query), "T12/consent": p.signIn(query), "T12/error": p.open(authorizationRequest("client_id", markup+"x", "redirect_uri", markup)),
		"T12/device": p.send(httptest.NewRequest("GET", s.Endpoint(testserver.EndpointDevice)+"?user_code="+url.QueryEscape(markup), nil)),
	} {
		t.Run(name, func(t *testing.T) {
			policy := rec.Header().Get("Content-Security-Policy")
			if strings.Contains(rec.Body.String(), "<script>") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
				t.Errorf("got %s with %s, want no markup from the request", rec.Body, policy)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
				if got := rec.Header().Get(name); got != want {
					t.Errorf("got %s %q, want %q", name, got, want)
				}
			}
		})
	}
}
