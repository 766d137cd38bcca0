package main

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// tokenStatus asks the token endpoint as the site's client does, for somebody who has stolen what it takes.
func (s *site) tokenStatus(form url.Values) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.as.Endpoint(testserver.EndpointToken), strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(s.app.cfg.clientID, s.app.cfg.clientSecret)
	resp, err := s.as.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// soonOver makes the first token look as if it ended at once.
func soonOver(n int, answer map[string]any) {
	if n == 1 {
		answer["expires_in"] = 1
	}
}

func TestATokenThatIsDueIsRefreshedOnce(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	s.change = soonOver
	p := s.visitor()
	p.login()
	first := s.refresh
	const requests = 20
	var all, arrived sync.WaitGroup
	arrived.Add(requests)
	s.arrive = arrived.Done
	s.as.Inject(testserver.EndpointToken, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived.Wait() // nobody has a new token before everybody is there
			next.ServeHTTP(w, r)
		})
	}))
	for range requests {
		all.Go(func() {
			if got := p.open("/items"); got.status != http.StatusOK {
				t.Errorf("got %d, want 200", got.status)
			}
		})
	}
	all.Wait()
	if got := s.as.Count(testserver.EndpointToken); got != 2 {
		t.Errorf("got %d token requests, want one for the code and one for the refresh", got)
	}
	if len(s.app.locks.held) != 0 {
		t.Errorf("got %d locks left, want none", len(s.app.locks.held))
	}
	if s.refresh == first {
		t.Fatal("the server did not rotate")
	}
	u, _ := url.Parse(s.url)
	kept, err := s.app.load(p.http.Jar.Cookies(u)[0].Value)
	if err != nil || kept.Token.RefreshToken != s.refresh || time.Until(kept.Token.Expiry) < time.Minute {
		t.Errorf("the session has not the new tokens, %v", err)
	}
}

func TestEachRefreshUsesTheRefreshTokenOfTheOneBefore(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.AccessTTL(5*time.Second)), false, nil)
	p := s.visitor()
	p.login()
	for range 3 {
		if got := p.open("/items"); got.status != http.StatusOK {
			t.Fatalf("got %d, want 200", got.status)
		}
	}
	if got := s.as.Count(testserver.EndpointToken); got != 4 {
		t.Errorf("got %d token requests, want 4", got)
	}
}

func TestATokenThatTheAPIRefusesIsRefreshed(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.OpaqueTokens()), false, nil)
	p := s.visitor()
	p.login()
	for _, path := range []string{"/items", "/profile"} {
		s.as.Revoke(s.access)
		if got := p.open(path); got.status != http.StatusOK {
			t.Errorf("%s: got %d %q, want 200", path, got.status, got.title())
		}
	}
}

func TestAThiefOfTheRefreshTokenEndsTheSession(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.AccessTTL(5*time.Second)), false, nil)
	p := s.visitor()
	session := p.login().cookie(sessionCookie)
	if got := s.tokenStatus(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.refresh}}); got != http.StatusOK {
		t.Fatalf("the thief got %d", got)
	}
	got := p.open("/items")
	if got.status != http.StatusForbidden || got.title() != "You are not logged in" || !strings.Contains(got.body, `href="/login"`) {
		t.Errorf("got %d %q, want 403 and a way back", got.status, got.title())
	}
	if _, err := s.app.load(session); err == nil {
		t.Error("the session is still there")
	}
	if s.active(s.access) {
		t.Error("the thief's access token is still good")
	}
	p.login()
	if got := p.open("/"); got.title() != "Welcome, Test User" {
		t.Errorf("got %q after another login", got.title())
	}
}

func TestWhatIsDownForAMomentEndsNoSession(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.OpaqueTokens()), false, nil)
	s.change = soonOver
	p := s.visitor()
	p.login()
	for _, test := range []struct {
		ep     testserver.Endpoint
		status int
	}{
		{testserver.EndpointToken, http.StatusBadGateway},              // no refresh
		{testserver.EndpointIntrospect, http.StatusServiceUnavailable}, // the API cannot judge the token
	} {
		down := s.as.Inject(test.ep, testserver.Status(http.StatusServiceUnavailable))
		got := p.open("/items")
		if got.status != test.status || !strings.Contains(got.body, "Log out") {
			t.Errorf("%s down: got %d %q, want %d in the session", test.ep, got.status, got.title(), test.status)
		}
		if got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "" {
			t.Errorf("%s down: got no Retry-After", test.ep)
		}
		down.Remove()
	}
	if got := p.open("/profile"); got.status != http.StatusOK {
		t.Errorf("afterwards: got %d, want 200", got.status)
	}
}

func TestWhatWasNotGrantedIsForbidden(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p := s.visitor()
	p.login(testserver.LoginAs{Scopes: []string{"openid", "profile"}})
	if got := p.open("/items"); got.status != http.StatusForbidden || got.title() != "This is not allowed" {
		t.Errorf("got %d %q, want 403", got.status, got.title())
	}
}

func TestUserInfoAboutSomebodyElseIsNotShown(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	p := s.visitor()
	p.login()
	s.as.Inject(testserver.EndpointUserInfo, testserver.Body("application/json", []byte(`{"sub":"mallory","name":"Mallory"}`)))
	if got := p.open("/profile"); got.status != http.StatusBadGateway || strings.Contains(got.body, "Mallory") {
		t.Errorf("got %d, want 502 and not a word\n%s", got.status, got.body)
	}
}

func TestAClientWithoutRefreshTokensLogsInAgain(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	s.change = func(_ int, answer map[string]any) {
		delete(answer, "refresh_token")
		answer["expires_in"] = 1
	}
	p := s.visitor()
	p.login()
	if got := p.open("/items"); got.status != http.StatusForbidden {
		t.Errorf("got %d, want 403", got.status)
	}
}
