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

// tokenStatus sends a form to the token endpoint with the credentials of the
// client, and returns the status.
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

// expireFirst sets the lifetime of the first token to one second.
func expireFirst(n int, answer map[string]any) {
	if n == 1 {
		answer["expires_in"] = 1
	}
}

func TestAnExpiredTokenIsRefreshedOnce(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	s.change = expireFirst
	b := s.newBrowser()
	b.login()
	first := s.refresh
	const requests = 20
	var all, arrived sync.WaitGroup
	arrived.Add(requests)
	s.onRequest = arrived.Done
	s.as.Inject(testserver.EndpointToken, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived.Wait() // each refresh waits until all requests have arrived
			next.ServeHTTP(w, r)
		})
	}))
	for range requests {
		all.Go(func() {
			if got := b.open("/items"); got.status != http.StatusOK {
				t.Errorf("got %d, want 200", got.status)
			}
		})
	}
	all.Wait()
	if got := s.as.Count(testserver.EndpointToken); got != 2 {
		t.Errorf("got %d token requests, want one for the code and one for the refresh", got)
	}
	if len(s.app.locks.held) != 0 {
		t.Errorf("got %d locks, want 0", len(s.app.locks.held))
	}
	if s.refresh == first {
		t.Fatal("the server did not rotate the refresh token")
	}
	u, _ := url.Parse(s.url)
	saved, err := s.app.load(b.http.Jar.Cookies(u)[0].Value)
	if err != nil || saved.Token.RefreshToken != s.refresh || time.Until(saved.Token.Expiry) < time.Minute {
		t.Errorf("the session does not have the new tokens, %v", err)
	}
}

func TestEachRefreshUsesTheLastRefreshToken(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.AccessTTL(5*time.Second)), false, nil)
	b := s.newBrowser()
	b.login()
	for range 3 {
		if got := b.open("/items"); got.status != http.StatusOK {
			t.Fatalf("got %d, want 200", got.status)
		}
	}
	if got := s.as.Count(testserver.EndpointToken); got != 4 {
		t.Errorf("got %d token requests, want 4", got)
	}
}

func TestATokenThatTheAPIRefusesIsRefreshed(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.OpaqueTokens()), false, nil)
	b := s.newBrowser()
	b.login()
	for _, path := range []string{"/items", "/profile"} {
		s.as.Revoke(s.access)
		if got := b.open(path); got.status != http.StatusOK {
			t.Errorf("%s: got %d %q, want 200", path, got.status, got.title())
		}
	}
}

func TestReuseOfAStolenRefreshTokenEndsTheSession(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.AccessTTL(5*time.Second)), false, nil)
	b := s.newBrowser()
	session := b.login().cookie(sessionCookie)
	if got := s.tokenStatus(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {s.refresh}}); got != http.StatusOK {
		t.Fatalf("got %d for the stolen refresh token, want 200", got)
	}
	got := b.open("/items")
	if got.status != http.StatusForbidden || got.title() != "You are not logged in" || !strings.Contains(got.body, `href="/login"`) {
		t.Errorf("got %d %q, want 403 and a link to the login", got.status, got.title())
	}
	if _, err := s.app.load(session); err == nil {
		t.Error("the session still exists")
	}
	if s.active(s.access) {
		t.Error("the access token of the attacker is still active")
	}
	b.login()
	if got := b.open("/"); got.title() != "Welcome, Test User" {
		t.Errorf("got %q after another login", got.title())
	}
}

func TestAnOutageDoesNotEndTheSession(t *testing.T) {
	s := newSite(t, testserver.New(t, testserver.OpaqueTokens()), false, nil)
	s.change = expireFirst
	b := s.newBrowser()
	b.login()
	for _, test := range []struct {
		ep     testserver.Endpoint
		status int
	}{
		{testserver.EndpointToken, http.StatusBadGateway},              // the token cannot be refreshed
		{testserver.EndpointIntrospect, http.StatusServiceUnavailable}, // the API cannot introspect the token
	} {
		down := s.as.Inject(test.ep, testserver.Status(http.StatusServiceUnavailable))
		got := b.open("/items")
		if got.status != test.status || !strings.Contains(got.body, "Log out") {
			t.Errorf("%s down: got %d %q, want %d in the session", test.ep, got.status, got.title(), test.status)
		}
		if got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "" {
			t.Errorf("%s down: got no Retry-After", test.ep)
		}
		down.Remove()
	}
	if got := b.open("/profile"); got.status != http.StatusOK {
		t.Errorf("afterwards: got %d, want 200", got.status)
	}
}

func TestAMissingScopeIsForbidden(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b := s.newBrowser()
	b.login(testserver.LoginAs{Scopes: []string{"openid", "profile"}})
	if got := b.open("/items"); got.status != http.StatusForbidden || got.title() != "This is not allowed" {
		t.Errorf("got %d %q, want 403", got.status, got.title())
	}
}

func TestUserInfoAboutAnotherUserIsNotShown(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	b := s.newBrowser()
	b.login()
	s.as.Inject(testserver.EndpointUserInfo, testserver.Body("application/json", []byte(`{"sub":"mallory","name":"Mallory"}`)))
	if got := b.open("/profile"); got.status != http.StatusBadGateway || strings.Contains(got.body, "Mallory") {
		t.Errorf("got %d, want 502 without these claims\n%s", got.status, got.body)
	}
}

func TestWithoutARefreshTokenTheSessionEndsWithTheToken(t *testing.T) {
	s := newSite(t, testserver.New(t), false, nil)
	s.change = func(_ int, answer map[string]any) {
		delete(answer, "refresh_token")
		answer["expires_in"] = 1
	}
	b := s.newBrowser()
	b.login()
	if got := b.open("/items"); got.status != http.StatusForbidden {
		t.Errorf("got %d, want 403", got.status)
	}
}
