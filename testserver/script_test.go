package testserver_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestLogin(t *testing.T) {
	bob := testserver.User{Sub: "bob", Password: "bobs-password"}
	for name, opts := range map[string][]testserver.Option{"without pages": nil, "with pages": {testserver.Interactive()}, "with pages over TLS": {testserver.Interactive(), testserver.TLS()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Users(alice, bob))...)
			u := s.Endpoint(testserver.EndpointAuthorize) + "?" + authorizationRequest("scope", "openid a b", "state", "a b").Encode()
			subject := func(to *url.URL) (sub, scope any) {
				t.Helper()
				if to.Query().Get("state") != "a b" || to.Query().Get("iss") != s.Issuer() {
					t.Errorf("got %v, want state and iss", to)
				}
				_, claims := verified(t, s, wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code")))).text("access_token"))
				return claims["sub"], claims["scope"]
			}
			if sub, scope := subject(s.Login(t, u)); sub != "alice" || scope != "openid a b" {
				t.Errorf("got %v %v, want the first user and all scopes", sub, scope)
			}
			if sub, scope := subject(s.Login(t, u, testserver.LoginAs{User: bob, Scopes: []string{"b"}})); sub != "bob" || scope != "b" {
				t.Errorf("got %v %v, want bob and b", sub, scope)
			}
			if q := s.Login(t, u, testserver.LoginAs{Deny: true}).Query(); q.Get("error") != "access_denied" || q.Has("code") {
				t.Errorf("got %v, want access_denied", q)
			}
			s.NextUser(bob)
			if sub, _ := subject(s.Login(t, u)); sub != "bob" {
				t.Errorf("got %v, want bob", sub)
			}
			in := s.DenyNext("temporarily_unavailable", testserver.Times(2), testserver.Skip(1))
			for i, want := range []string{"", "temporarily_unavailable", "temporarily_unavailable", ""} {
				if got := s.Login(t, u).Query().Get("error"); got != want {
					t.Errorf("%d: got %q, want %q", i, got, want)
				}
			}
			if in.Hits() != 2 {
				t.Errorf("got %d hits, want 2", in.Hits())
			}
			form := s.Login(t, u+"&response_mode=form_post")
			if sub, _ := subject(form); sub != "alice" {
				t.Errorf("got %v, want alice by form_post as well", sub)
			}
			wantAll(t, fatalText(t, func(tb *recorder) { s.Login(tb, s.Endpoint(testserver.EndpointAuthorize)+"?client_id=nobody") }), "Login: ", "400", "is not registered with this server")
			s.DenyNext("access_denied")
			s.Reset()
			if got := s.Login(t, u).Query().Get("error"); got != "" {
				t.Errorf("got %s after Reset, want nothing", got)
			}
		})
	}
}

func TestLoginHintSelectsTheUser(t *testing.T) {
	s := testserver.New(t, testserver.Users(testserver.User{Sub: "1"}, testserver.User{Sub: "2", Username: "two"}))
	for hint, want := range map[string]string{"-": "1", "two": "2", "2": "2", "three": "1"} {
		if _, claims := verified(t, s, tokens(t, s, "login_hint", hint).text("access_token")); claims["sub"] != want {
			t.Errorf("%s: got %v, want %s", hint, claims["sub"], want)
		}
	}
}

func TestOnToken(t *testing.T) {
	s := testserver.New(t)
	const form = "grant_type=client_credentials&scope=a"
	remove := s.OnToken(func(r *testserver.TokenRequest, a *testserver.TokenResponse) error {
		if r.ClientID != "test-client" || r.Grant != "client_credentials" || r.Form.Get("scope") != "a" || a.Status != 200 {
			t.Errorf("got %v %v, want the request unchanged", r, a.Status)
		}
		a.Status, a.Body["expires_in"] = 201, "900"
		a.Header.Set("X-Extra", "x")
		return nil
	})
	if r := formTo(t, s, testserver.EndpointToken, form, testClient); r.status != 201 || r.body["expires_in"] != "900" || r.header.Get("X-Extra") != "x" {
		t.Errorf("got %v, want the response of the hook", r)
	}
	remove()
	remove = s.OnToken(func(*testserver.TokenRequest, *testserver.TokenResponse) error { return errors.New("canary") })
	if r := formTo(t, s, testserver.EndpointToken, form, testClient); r.status != 500 || r.text("error") != "server_error" || strings.Contains(fmt.Sprint(r.body), "canary") {
		t.Errorf("got %v, want server_error without the hook's text", r)
	}
	remove()
	wantTokens(t, formTo(t, s, testserver.EndpointToken, form, testClient))
}

func TestOAuthErrorAndChain(t *testing.T) {
	s := testserver.New(t)
	for code, status := range map[string]int{"invalid_grant": 400, "invalid_client": 401, "server_error": 500, "temporarily_unavailable": 503} {
		s.Inject(testserver.EndpointToken, testserver.OAuthError(code, "a description"), testserver.Times(1))
		r := formTo(t, s, testserver.EndpointToken, "")
		wantError(t, r, status, code)
		if r.text("error_description") != "a description" {
			t.Errorf("got %v, want the description", r.body)
		}
	}
	s.Inject(testserver.EndpointToken, testserver.ChainOf(testserver.ContentType("text/plain"), testserver.MalformedJSON()), testserver.Times(1))
	r := httptest.NewRequest("POST", s.Endpoint(testserver.EndpointToken), strings.NewReader("grant_type=client_credentials&"+byPost))
	r.Header.Set("Content-Type", formType)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if rec.Header().Get("Content-Type") != "text/plain" || strings.HasSuffix(rec.Body.String(), "}") {
		t.Errorf("got %v %s, want both faults", rec.Header(), rec.Body)
	}
	for text, f := range map[string]testserver.Fault{
		"chain is empty": testserver.ChainOf(), "fault 1 of the chain": testserver.ChainOf(testserver.Fault{}), "give an error code": testserver.OAuthError("", ""),
		"not a final status": testserver.ChainOf(testserver.Status(42)),
	} {
		wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Inject(testserver.EndpointToken, f) }), text)
	}
	wantAll(t, fatalText(t, func(tb *recorder) {
		testserver.New(tb).Inject(testserver.EndpointToken, testserver.ChainOf(testserver.EmptyKeys(), testserver.Status(200)))
	}), "only for [jwks]")
}

func TestMint(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	m, err := s.Mint(testserver.Scope("openid", "a"), testserver.Subject("alice"), testserver.ExpiresIn(time.Minute))
	if err != nil || m.Claims["sub"] != "alice" || m.Expiry.Unix() != s.Now().Add(time.Minute).Unix() || m.Fingerprint != testserver.Fingerprint(m.Access) {
		t.Fatalf("got %v %v %v, want alice's tokens", m, m.Claims, err)
	}
	_, id := verified(t, s, m.ID)
	if id["sub"] != "alice" || id["aud"] != "test-client" || !isActive(s, m.Access) {
		t.Errorf("got the ID token %v, want alice's", id)
	}
	r := wantTokens(t, exchange(t, s, refreshRequest(m.Refresh, "client_id", "-"), testClient))
	if _, claims := verified(t, s, r.text("access_token")); claims["sub"] != "alice" || claims["scope"] != "openid a" {
		t.Errorf("got %v, want alice's", claims)
	}
	if s.RevokeSubject("alice") != 1 || isActive(s, m.Access) {
		t.Error("want the grant revoked with its access token")
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("minted", "tokens", m)
	slog.New(slog.NewTextHandler(&log, nil)).Info("minted", "tokens", &m)
	text := fmt.Sprintf("%v %+v %#v %s", m, m, m, log.String())
	for _, token := range []string{m.Access, m.Refresh, m.ID} {
		if strings.Contains(text, token) {
			t.Errorf("got %s, want no token", text)
		}
	}
	if m, err := s.Mint(testserver.With(testserver.Expired)); err != nil || m.Refresh != "" || isActive(s, m.Access) {
		t.Errorf("got %v %v, want only a bad token", m, err)
	}
	if _, err := s.Mint(testserver.AccessTTL(0)); err == nil || !strings.HasPrefix(err.Error(), "testserver.Mint: ") {
		t.Errorf("got %v, want an error", err)
	}
	_, claims := verified(t, s, s.IDToken(testserver.Subject("bob"), testserver.ForClient("web"), testserver.Claim("nonce", "n")))
	if claims["sub"] != "bob" || claims["aud"] != "web" || claims["azp"] != "web" || claims["nonce"] != "n" || claims["client_id"] != nil {
		t.Errorf("got %v, want bob's ID token for web", claims)
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).IDToken(testserver.OpaqueTokens()) }), "IDToken: ", "OpaqueTokens")
}

func TestEnv(t *testing.T) {
	s := testserver.New(t)
	authURL, tokenURL := s.Endpoint(testserver.EndpointAuthorize), s.Endpoint(testserver.EndpointToken)
	env := strings.Join(s.Env(), "\n")
	wantAll(t, env, "OAUTH_ISSUER="+s.Issuer(), "OAUTH_CLIENT_ID=test-client", "OAUTH_CLIENT_SECRET=test-secret", "OAUTH_TOKEN_ENDPOINT="+tokenURL, "OAUTH_AUTHORIZATION_ENDPOINT="+authURL)
}

// The methods of Server list the clients, users, keys and faults, as the
// control API does.
func TestServerLists(t *testing.T) {
	s := testserver.New(t)
	web := s.AddClient(testserver.Client{ID: "web"})
	s.AddUser(alice)
	staged := s.Rotate(testserver.Rotation{SignFirst: true})
	outage := s.Inject(testserver.EndpointJWKS, testserver.Status(503), testserver.Times(2))

	var clients, subs, kids []string
	for _, c := range s.Clients() {
		clients = append(clients, c.ID)
		if c.Secret != "" {
			t.Errorf("%s: got its secret, want none", c.ID)
		}
	}
	for _, u := range s.Users() {
		subs = append(subs, u.Sub)
		if u.Password != "" {
			t.Errorf("%s: got its password, want none", u.Sub)
		}
	}
	for _, k := range s.Keys() {
		if k.Alg == s.SigningKey().Alg {
			kids = append(kids, k.ID)
		}
	}
	if want := []string{"test-client", "test-public", web.ID}; !slices.Equal(clients, want) {
		t.Errorf("got the clients %q, want %q", clients, want)
	}
	if want := []string{"test-user", alice.Sub}; !slices.Equal(subs, want) {
		t.Errorf("got the users %q, want %q", subs, want)
	}
	if len(kids) != 2 || kids[1] != staged.ID {
		t.Errorf("got the keys %q, want the first and %q", kids, staged.ID)
	}
	if got := s.Injections(); len(got) != 1 || got[0] != outage || got[0].Endpoint != testserver.EndpointJWKS || got[0].Times != 2 {
		t.Errorf("got the injections %v, want the outage", got)
	}
	outage.Remove()
	if got := s.Injections(); len(got) != 0 {
		t.Errorf("got %v after Remove, want none", got)
	}
	s.Clients()[2].RedirectURIs[0] = "https://attacker.example/"
	for _, u := range s.Users() {
		if u.Sub == "test-user" {
			u.Claims["name"] = "Mallory"
		}
	}
	if c, u := s.Clients()[2], s.Users()[0]; c.RedirectURIs[0] != web.RedirectURIs[0] || u.Claims["name"] != "Test User" {
		t.Errorf("got %q and %q, want the registered values", c.RedirectURIs[0], u.Claims["name"])
	}
	var endpoints []testserver.Endpoint
	for ep := range testserver.Endpoints() {
		endpoints = append(endpoints, ep)
	}
	if len(endpoints) < 15 || slices.Contains(endpoints, testserver.EndpointAny) || !slices.Contains(endpoints, testserver.EndpointToken) {
		t.Errorf("got the endpoints %q, want all but EndpointAny", endpoints)
	}
}
