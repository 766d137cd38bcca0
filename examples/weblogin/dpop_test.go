package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// boundSite returns a site with DPOP=1 and SESSION_DIR. The API of the site
// accepts only tokens that are bound to a key.
func boundSite(t *testing.T, as *testserver.Server, changes func(*config), apiEnv ...string) *site {
	t.Helper()
	directory := t.TempDir()
	return newSite(t, as, false, func(cfg *config) {
		cfg.dpop, cfg.sessionDir = true, directory
		if changes != nil {
			changes(cfg)
		}
	}, append(apiEnv, "DPOP=required")...)
}

// restart simulates a restart of the site. It returns a new app with a changed
// configuration.
func (s *site) restart(changes func(*config)) *app {
	s.t.Helper()
	cfg := s.app.cfg
	changes(&cfg)
	restarted, err := newApp(s.t.Context(), cfg, slog.New(slog.NewTextHandler(s, nil)))
	if err != nil {
		s.t.Fatal(err)
	}
	return restarted
}

func TestTokensAreBoundToTheKeyOfTheSite(t *testing.T) {
	for name, test := range map[string]struct {
		changes func(as *testserver.Server, cfg *config)
		apiEnv  []string
	}{
		"of a confidential client": {nil, nil},
		"of a public client": {func(as *testserver.Server, cfg *config) {
			client := as.AddClient(testserver.Client{Public: true, RedirectURIs: []string{cfg.baseURL + "/callback"}})
			cfg.clientID, cfg.clientSecret = client.ID, ""
		}, nil},
		"without ID tokens":     {func(_ *testserver.Server, cfg *config) { cfg.oidc = false }, nil},
		"with nonces of an API": {nil, []string{"DPOP_NONCES=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			as := newBindingServer(t)
			s := boundSite(t, as, func(cfg *config) {
				if test.changes != nil {
					test.changes(as, cfg)
				}
			}, test.apiEnv...)
			s.change = expireFirst
			b := s.newBrowser()
			start, err := url.Parse(b.open("/login").header.Get("Location"))
			if got := start.Query().Get("dpop_jkt"); err != nil || got != s.app.thumbprint || len(got) != 43 {
				t.Errorf("got dpop_jkt %q, %v, want %q", got, err, s.app.thumbprint)
			}
			id := b.login().cookie(sessionCookie)
			first := s.access
			for path, want := range map[string]string{"/": "Welcome, Test User", "/profile": "test-user", "/items": "anvil"} {
				if got := b.open(path); got.status != http.StatusOK || !strings.Contains(got.body, want) {
					t.Errorf("%s: got %d, want 200 with %q\n%s", path, got.status, want, got.body)
				}
			}
			second := s.access
			restarted := s.restart(func(*config) {})
			if got, err := restarted.call(t.Context(), id, s.app.cfg.apiURL+"/items"); err != nil || got.status != http.StatusOK {
				t.Errorf("after a restart: got %d, %v, want 200", got.status, err)
			}
			token, err := restarted.accessToken(t.Context(), id, second)
			if err != nil || token.Type() != "DPoP" {
				t.Fatalf("got %v from a refresh after a restart, want a bound token", err)
			}
			if first == second || second == token.AccessToken || s.as.Count(testserver.EndpointToken) != 3 {
				t.Errorf("got %d token requests, want 3 with different tokens", s.as.Count(testserver.EndpointToken))
			}
			for _, access := range []string{first, second, token.AccessToken} {
				if got := claimsOf(access).Confirmation.Thumbprint; got != s.app.thumbprint {
					t.Errorf("got a token for the key %q, want %q", got, s.app.thumbprint)
				}
			}
			if got := b.logout(""); got.status != http.StatusSeeOther || s.as.Count(testserver.EndpointRevoke) != 1 || strings.Contains(s.log.String(), "not revoked") {
				t.Errorf("got %d from the logout, want 303 and revoked tokens", got.status)
			}
		})
	}
}

func TestTheKeyOfProofsIsDerivedFromTheSessionKey(t *testing.T) {
	s := boundSite(t, newBindingServer(t), nil)
	same, other := s.restart(func(*config) {}), s.restart(func(cfg *config) { cfg.sessionKey = make([]byte, keyBytes) })
	if got := same.thumbprint; got != s.app.thumbprint {
		t.Errorf("the same SESSION_KEY: got the key %q, want %q", got, s.app.thumbprint)
	}
	// Stored tokens are bound to the derived key, so the derivation must not
	// change.
	if got, want := other.thumbprint, "LwR_BnuCFb0jeKj0h1XhcQDbfB2IRSRzRCg2TcXIUos"; got != want {
		t.Errorf("another SESSION_KEY: got the key %q, want %q", got, want)
	}
	one, err := fromEnv(lookup(map[string]string{"DPOP": "1"}))
	if err != nil || !one.dpop {
		t.Fatalf("DPOP=1: got %v, %v, want DPoP", one.dpop, err)
	}
	if got := s.restart(func(cfg *config) { cfg.sessionKey = one.sessionKey }).thumbprint; got == s.app.thumbprint {
		t.Error("without SESSION_KEY: got the same key twice, want random ones")
	}
	if got := s.restart(func(cfg *config) { cfg.dpop = false }).thumbprint; got != "" {
		t.Errorf("without DPoP: got the key %q, want \"\"", got)
	}
}

func TestABearerTokenIsRefusedWithDPoP(t *testing.T) {
	s := boundSite(t, newBindingServer(t), nil)
	s.change = func(n int, answer map[string]any) {
		answer["expires_in"] = 1
		if n != 2 {
			answer["token_type"] = "Bearer"
		}
	}
	refusals := func() int { return strings.Count(s.log.String(), "the token endpoint issued a bearer token") }
	b := s.newBrowser()
	if got := b.open(b.startLogin().String()); got.status != http.StatusBadGateway || got.cookie(sessionCookie) != "" || refusals() != 1 {
		t.Errorf("at the login: got %d %q, want 502, no session, and the cause in the log", got.status, got.title())
	}
	b.login()
	if got := b.open("/items"); got.status != http.StatusBadGateway || refusals() != 2 {
		t.Errorf("at a refresh: got %d %q, want 502 and the cause in the log", got.status, got.title())
	}
	if got := b.open("/"); got.title() != "Welcome, Test User" {
		t.Errorf("got %q afterwards, want the session", got.title())
	}
}

// repeating sends requests for one path twice, as net/http does if a connection
// breaks before the response. The left field counts the requests that are still
// to be sent twice.
type repeating struct {
	http.RoundTripper

	path string
	left atomic.Int32
}

func (r *repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == r.path && r.left.Add(-1) >= 0 {
		lost, err := r.RoundTripper.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		lost.Body.Close()
	}
	return r.RoundTripper.RoundTrip(req)
}

func TestAProofThatWasSentTwiceIsReplaced(t *testing.T) {
	var connection *repeating
	s := boundSite(t, newBindingServer(t), func(cfg *config) {
		connection = &repeating{RoundTripper: cfg.transport, path: "/items"}
		cfg.transport = connection
	})
	b := s.newBrowser()
	b.login()
	for repeated, want := range map[int32]int{1: http.StatusOK, 2: http.StatusBadGateway} {
		connection.left.Store(repeated)
		if got := b.open("/items"); got.status != want || b.open("/").title() != "Welcome, Test User" {
			t.Errorf("%d proofs sent twice: got %d %q, want %d in the session", repeated, got.status, got.title(), want)
		}
	}
	if got := s.as.Count(testserver.EndpointToken); got != 1 {
		t.Errorf("got %d token requests, want 1, because the token is good", got)
	}
}

// A session that an older version of the site saved has no token type. Its
// token is a bearer token.
func TestSessionsFromBeforeDPoP(t *testing.T) {
	directory := t.TempDir()
	s := newSite(t, newBindingServer(t), false, func(cfg *config) { cfg.sessionDir = directory })
	id := s.newBrowser().login().cookie(sessionCookie)
	saved, err := s.app.load(id)
	if err != nil || saved.Token.Type() != "Bearer" {
		t.Fatalf("got a token of type %s, %v, want Bearer", saved.Token.Type(), err)
	}
	saved.Token.TokenType = ""
	if err := s.app.save(id, saved); err != nil {
		t.Fatal(err)
	}
	restarted := s.restart(func(cfg *config) { cfg.dpop = true })
	items := func() answer {
		got, err := restarted.call(t.Context(), id, s.app.cfg.apiURL+"/items")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := items(); got.status != http.StatusOK || s.as.Count(testserver.EndpointToken) != 1 {
		t.Errorf("with the old token: got %d, want 200 without a refresh", got.status)
	}
	if _, err := restarted.accessToken(t.Context(), id, saved.Token.AccessToken); err != nil {
		t.Fatal(err)
	}
	if got := items(); got.status != http.StatusOK || claimsOf(s.access).Confirmation.Thumbprint != restarted.thumbprint {
		t.Errorf("after a refresh: got %d, want 200 with a bound token", got.status)
	}
}
