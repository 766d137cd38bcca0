package testserver_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

const persistedIssuer = "http://login.test"

// startPersisted starts a server that listens on a socket and saves its state
// in the file at path. The caller may close the server and start another server
// with the same file.
func startPersisted(t testing.TB, path string, opts ...testserver.Option) *testserver.Server {
	t.Helper()
	s, err := testserver.Start(t.Context(), append([]testserver.Option{testserver.Persist(path), testserver.IssuerURL(persistedIssuer)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func closeServer(t testing.TB, s *testserver.Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func statePath(t testing.TB) string { return filepath.Join(t.TempDir(), "state.json") }

// overSocket posts a form to an endpoint over the server's socket.
func overSocket(t testing.TB, s *testserver.Server, ep testserver.Endpoint, form url.Values, user ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint(ep), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	if len(user) > 0 {
		r.SetBasicAuth(user[0], user[1])
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: parse(text)}
}

func TestStateSurvivesARestart(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path, testserver.OpaqueTokens())
	c := one.AddClient(testserver.Client{ID: "added", Secret: "added-secret", RefreshTTL: 1})
	one.AddUser(testserver.User{Sub: "carol", Password: "carols-password", Claims: map[string]any{"badge": 12345678901234567}})
	first := wantTokens(t, overSocket(t, one, testserver.EndpointToken, codeRequest(codeFor(t, one, "login_hint", "carol", "scope", "openid"))))
	next := wantTokens(t, overSocket(t, one, testserver.EndpointToken, refreshRequest(first.text("refresh_token"))))
	revoked := wantTokens(t, overSocket(t, one, testserver.EndpointToken, codeRequest(codeFor(t, one))))
	if r := overSocket(t, one, testserver.EndpointRevoke, url.Values{"client_id": {"test-public"}, "token": {revoked.text("refresh_token")}}); r.status != 200 {
		t.Fatalf("got %d, want the token revoked", r.status)
	}
	unused := codeFor(t, one)
	rotated := one.Rotate()
	staged := one.Rotate(testserver.Rotation{PublishFirst: true})
	jwks := one.JWKS()
	closeServer(t, one)

	two := startPersisted(t, path, testserver.OpaqueTokens())
	if got := two.JWKS(); string(got) != string(jwks) {
		t.Errorf("got the JWKS %s, want %s", got, jwks)
	}
	_, served := get(t, two.Client(), two.Endpoint(testserver.EndpointJWKS))
	if !isActive(two, next.text("access_token")) {
		t.Error("want the token from before the restart active")
	}
	if _, _, err := verify(served, two.IDToken()); err != nil {
		t.Error(err)
	}
	if got := two.SigningKey().ID; got != rotated.ID {
		t.Errorf("got %s signing, want %s", got, rotated.ID)
	}
	if got := two.Rotate().ID; got != staged.ID {
		t.Errorf("got %s signing after a staged rotation, want %s", got, staged.ID)
	}
	if isActive(two, revoked.text("access_token")) {
		t.Error("want the revocation saved")
	}
	wantError(t, overSocket(t, two, testserver.EndpointToken, refreshRequest(revoked.text("refresh_token"))), 400, "invalid_grant")
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, codeRequest(unused)))
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, url.Values{"grant_type": {"client_credentials"}}, c.ID, c.Secret))

	last := wantTokens(t, overSocket(t, two, testserver.EndpointToken, refreshRequest(next.text("refresh_token"))))
	if claims := payload(t, last.text("id_token")); !strings.Contains(claims, `"badge":12345678901234567`) {
		t.Errorf("got %s, want the claims of the user unchanged", claims)
	}
	wantError(t, overSocket(t, two, testserver.EndpointToken, refreshRequest(first.text("refresh_token"))), 400, "invalid_grant")
	closeServer(t, two)
	three := startPersisted(t, path)
	if isActive(three, last.text("access_token")) {
		t.Error("want the family of a reused refresh token revoked")
	}
	wantError(t, overSocket(t, three, testserver.EndpointToken, refreshRequest(last.text("refresh_token"))), 400, "invalid_grant")
}

func TestJWTsVerifyAfterARestart(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "RS256", "EdDSA", "HS256"} {
		path := statePath(t)
		one := startPersisted(t, path, testserver.SigningAlg(alg))
		one.Publish(testserver.Key{ID: "", Alg: "ES256", Private: signer{Signer: testserver.GenerateKey("ES256", "").Private}})
		token, jwks := one.Token(), one.JWKS()
		closeServer(t, one)
		two := startPersisted(t, path, testserver.SigningAlg(alg))
		if !isActive(two, token) {
			t.Errorf("%s: want the token active", alg)
		}
		if alg != "HS256" {
			verified(t, two, token)
		}
		if string(two.JWKS()) != string(jwks) {
			t.Errorf("%s: got another JWKS, want the old one", alg)
		}
		if k := two.Rotate(); k.ID == one.SigningKey().ID {
			t.Errorf("%s: got the old key from a rotation", alg)
		}
	}
}

func TestOptionsOverrideTheFile(t *testing.T) {
	path := statePath(t)
	key := `{"signing":{"keys":[{"kty":"oct","kid":"configured","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA","alg":"HS256"}]}}`
	one := startPersisted(t, path, testserver.Users(alice), testserver.Clients(testserver.Client{ID: "web", Secret: "old"}))
	one.AddClient(testserver.Client{ID: "other", Secret: "other-secret"})
	one.AddUser(testserver.User{Sub: "carol"})
	closeServer(t, one)

	bob := testserver.User{Sub: "bob", Password: "bobs-password"}
	two := startPersisted(t, path, testserver.Users(bob), testserver.Clients(testserver.Client{ID: "web", Secret: "new"}), testserver.ConfigJSON(strings.NewReader(key)))
	credentials := url.Values{"grant_type": {"client_credentials"}}
	wantError(t, overSocket(t, two, testserver.EndpointToken, credentials, "web", "old"), 401, "invalid_client")
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, credentials, "web", "new"))
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, credentials, "other", "other-secret"))
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, credentials, two.DefaultClient().ID, two.DefaultClient().Secret))
	if got := two.SigningKey().ID; got != "configured" {
		t.Errorf("got %q signing, want the configured key", got)
	}
	for hint, sub := range map[string]string{"": "bob", "alice": "alice", "carol": "carol"} {
		if _, body := introspectionResponse(t, two, tokens(t, two, "login_hint", hint, "scope", "openid").text("access_token")); !strings.Contains(body, `"sub":"`+sub+`"`) {
			t.Errorf("login_hint %q: got %s, want %s", hint, body, sub)
		}
	}
	if n := len(keySet(t, two.JWKS()).Keys); n != 2 {
		t.Errorf("got %d published keys, want only the keys of the file", n)
	}
}

func TestSeedContinuesAfterARestart(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path, testserver.Seed("a"))
	code := codeFor(t, one)
	wantTokens(t, exchange(t, one, codeRequest(code)))
	closeServer(t, one)
	closeServer(t, startPersisted(t, path)) // this server runs without a seed
	two := startPersisted(t, path, testserver.Seed("a"))
	if again := codeFor(t, two); again == code {
		t.Error("got a used code")
	}
	wantError(t, exchange(t, two, codeRequest(code)), 400, "invalid_grant")
	if two.Rotate().ID == one.SigningKey().ID {
		t.Error("got the old key from a rotation")
	}
}

func TestResetClearsTheFile(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path, testserver.OpaqueTokens())
	r := tokens(t, one)
	key := one.SigningKey().ID
	one.Reset()
	closeServer(t, one)
	two := startPersisted(t, path)
	if isActive(two, r.text("access_token")) || two.SigningKey().ID != key {
		t.Error("want the grants deleted and the keys kept")
	}
	wantError(t, exchange(t, two, refreshRequest(r.text("refresh_token"))), 400, "invalid_grant")
}

func TestFileHasNoPlaintextSecrets(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.OpaqueTokens(), testserver.Users(alice))
	c := s.AddClient(testserver.Client{ID: "web"})
	u := s.AddUser(testserver.User{Sub: "carol"})
	code := codeFor(t, s)
	used := codeFor(t, s, "scope", "openid")
	r := tokens(t, s)
	first := wantTokens(t, exchange(t, s, codeRequest(used)))
	next := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"))))
	d, _ := startDevice(t, s)
	jwt := s.Token()
	s.Revoke(jwt)
	closeServer(t, s)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{code, used, verifier, jwt, c.Secret, u.Password, alice.Password, "test-secret", d.text("device_code"), d.text("user_code")}
	for _, r := range []reply{r, first, next} {
		secrets = append(secrets, r.text("access_token"), r.text("refresh_token"))
	}
	for i, secret := range append(secrets, first.text("id_token")) {
		if len(secret) < 8 || strings.Contains(string(text), secret) {
			t.Errorf("got secret %d in the file", i)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want a file only for its owner", info.Mode(), err)
	}
}

func TestChangesByMethodsAreSaved(t *testing.T) {
	var token, refresh string
	var key testserver.Key
	path := statePath(t)
	for _, tt := range []struct {
		name  string
		do    func(s *testserver.Server)
		saved func(s *testserver.Server) bool
	}{
		{"Token", func(s *testserver.Server) { token = opaque(s) }, func(s *testserver.Server) bool { return isActive(s, token) }},
		{"Revoke", func(s *testserver.Server) { s.Revoke(token) }, func(s *testserver.Server) bool { return !isActive(s, token) }},
		{"Mint", func(s *testserver.Server) {
			m, err := s.Mint()
			if err != nil {
				t.Fatal(err)
			}
			refresh = m.Refresh
		}, func(s *testserver.Server) bool {
			r := overSocket(t, s, testserver.EndpointToken, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}, "test-client", "test-secret")
			token = r.text("access_token")
			return isActive(s, token)
		}},
		{"RevokeSubject", func(s *testserver.Server) { s.RevokeSubject("test-user") }, func(s *testserver.Server) bool { return !isActive(s, token) }},
		{"AddClient", func(s *testserver.Server) { s.AddClient(web) }, func(s *testserver.Server) bool {
			return overSocket(t, s, testserver.EndpointToken, url.Values{"grant_type": {"client_credentials"}}, web.ID, web.Secret).status == 200
		}},
		{"AddUser", func(s *testserver.Server) { s.AddUser(alice) }, func(s *testserver.Server) bool {
			_, body := introspectionResponse(t, s, tokens(t, s, "login_hint", "alice").text("access_token"))
			return strings.Contains(body, `"sub":"alice"`)
		}},
		{"Rotate", func(s *testserver.Server) { key = s.Rotate() }, func(s *testserver.Server) bool { return s.SigningKey().ID == key.ID }},
		{"Retire", func(s *testserver.Server) { s.Retire(key.ID) }, func(s *testserver.Server) bool { return !strings.Contains(string(s.JWKS()), key.ID) }},
		{"Publish", func(s *testserver.Server) { s.Publish(key) }, func(s *testserver.Server) bool { return strings.Contains(string(s.JWKS()), key.ID) }},
	} {
		s := startPersisted(t, path)
		tt.do(s)
		closeServer(t, s)
		s = startPersisted(t, path)
		if !tt.saved(s) {
			t.Errorf("%s: got the change lost after a restart, want the change saved", tt.name)
		}
		closeServer(t, s)
	}
}

func TestFarFutureExpiryIsSaved(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path)
	m, err := s.Mint(testserver.Claim("exp", int64(1)<<50))
	if err != nil {
		t.Fatal(err)
	}
	closeServer(t, s)
	if !isActive(startPersisted(t, path), m.Access) {
		t.Error("want the token active")
	}
}
