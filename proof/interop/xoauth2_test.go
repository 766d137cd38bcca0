package interop_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// This test runs golang.org/x/oauth2, an OAuth client that many Go programs
// use, against the mock authorization server.
func TestXOAuth2(t *testing.T) {
	overBoth(t, []flow{
		{"code with PKCE", xCode},
		{"code without PKCE", xCodeWithoutPKCE},
		{"code, the end user refuses", xDenied},
		{"refresh tokens rotate in a TokenSource", xRotation},
		{"a reused refresh token revokes its family", xReuse},
		{"client credentials", xCredentials},
		{"client credentials for a resource", xResource},
		{"faulty requests are refused", xRefused},
	}, testserver.Clients(testserver.Client{ID: oddID, Secret: oddSecret, RedirectURIs: []string{callback}}))
}

func xCode(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	for name, config := range map[string]*oauth2.Config{
		"a public client":                                  publicConfig(as),
		"a public client, AutoDetect":                      newConfig(as, "test-public", "", oauth2.AuthStyleAutoDetect),
		"a confidential client, Basic":                     newConfig(as, "test-client", "test-secret", oauth2.AuthStyleInHeader),
		"a confidential client, post":                      newConfig(as, "test-client", "test-secret", oauth2.AuthStyleInParams),
		"a confidential client, AutoDetect":                newConfig(as, "test-client", "test-secret", oauth2.AuthStyleAutoDetect),
		"a client whose credentials need encoding, Basic":  newConfig(as, oddID, oddSecret, oauth2.AuthStyleInHeader),
		"a client whose credentials need encoding, posted": newConfig(as, oddID, oddSecret, oauth2.AuthStyleInParams),
	} {
		t.Run(name, func(t *testing.T) {
			state, verifier := "a b&c=d+%2F"+oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
			back := as.Login(t, config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))).Query()
			if back.Get("state") != state || back.Get("iss") != as.Issuer() {
				t.Errorf("got state %q iss %q, want %q and %q", back.Get("state"), back.Get("iss"), state, as.Issuer())
			}
			token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			if !token.Valid() || token.Type() != "Bearer" || token.ExpiresIn != 900 || token.RefreshToken == "" || token.Extra("scope") != "openid email orders:read" || token.Extra("id_token") == nil {
				t.Errorf("got %v for %d s with scope %v, want a complete answer", token.Type(), token.ExpiresIn, token.Extra("scope"))
			}
			if got := get(t, as, config.Client(ctx, token)); got != http.StatusOK {
				t.Errorf("got %d from an API, want 200", got)
			}
		})
	}
}

func xCodeWithoutPKCE(t *testing.T, as *testserver.Server) {
	config := newConfig(as, "test-client", "test-secret", oauth2.AuthStyleInHeader)
	back := as.Login(t, config.AuthCodeURL("s")).Query()
	if _, err := config.Exchange(reach(t, as), back.Get("code")); err != nil {
		t.Errorf("a confidential client: got %v, want tokens", err)
	}
	if back = as.Login(t, publicConfig(as).AuthCodeURL("s")).Query(); back.Get("error") != "invalid_request" || back.Has("code") || back.Get("state") != "s" {
		t.Errorf("a public client: got %v, want invalid_request", back)
	}
}

func xDenied(t *testing.T, as *testserver.Server) {
	back := as.Login(t, publicConfig(as).AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())), testserver.LoginAs{Deny: true}).Query()
	if back.Get("error") != "access_denied" || back.Get("state") != "s" || back.Get("iss") != as.Issuer() || back.Has("code") {
		t.Errorf("got %v, want access_denied with state and iss", back)
	}
}

// xRotation uses access tokens with a lifetime of one second.
// golang.org/x/oauth2 treats them as already expired, so each call of Token
// sends a refresh request.
func xRotation(t *testing.T, as *testserver.Server) {
	as.AddClient(testserver.Client{ID: "brief", Public: true, RedirectURIs: []string{callback}}, testserver.AccessTTL(time.Second))
	ctx, config := reach(t, as), newConfig(as, "brief", "", oauth2.AuthStyleInParams)
	first := login(ctx, t, as, config)
	source := config.TokenSource(ctx, first)
	seen := []string{first.RefreshToken}
	for range 3 {
		token, err := source.Token()
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(seen, token.RefreshToken) || token.RefreshToken == "" || token.Extra("scope") != "openid email orders:read" || token.Extra("id_token") == nil {
			t.Errorf("got a repeated refresh token: %v, want a new one and a complete answer", slices.Contains(seen, token.RefreshToken))
		}
		seen = append(seen, token.RefreshToken)
	}
	if got := as.Count(testserver.EndpointToken); got != 4 {
		t.Errorf("got %d token requests, want 4: one for the code and three refreshes", got)
	}
}

func xReuse(t *testing.T, as *testserver.Server) {
	ctx, config := reach(t, as), publicConfig(as)
	first := login(ctx, t, as, config)
	refresh := func(token string) (*oauth2.Token, error) {
		return config.TokenSource(ctx, &oauth2.Token{RefreshToken: token}).Token()
	}
	second, err := refresh(first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	_, err = refresh(first.RefreshToken)
	assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
	_, err = refresh(second.RefreshToken)
	assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
	for name, token := range map[string]*oauth2.Token{"first": first, "second": second} {
		if got := get(t, as, oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))); got != http.StatusUnauthorized {
			t.Errorf("the %s access token: got %d, want 401", name, got)
		}
	}
}

func xCredentials(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	for id, secret := range map[string]string{"test-client": "test-secret", oddID: oddSecret} {
		for name, style := range map[string]oauth2.AuthStyle{"Basic": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams, "tried": oauth2.AuthStyleAutoDetect} {
			t.Run(id+", "+name, func(t *testing.T) {
				config := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: as.Endpoint(testserver.EndpointToken), Scopes: []string{"a", "b"}, AuthStyle: style}
				token, err := config.Token(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if !token.Valid() || token.Extra("scope") != "a b" || token.RefreshToken != "" || token.Extra("id_token") != nil {
					t.Errorf("got scope %v, refresh token %v, want a b and no refresh token", token.Extra("scope"), token.RefreshToken != "")
				}
				config.ClientSecret += "x"
				_, err = config.Token(ctx)
				assertRefused(t, err, http.StatusUnauthorized, "invalid_client")
			})
		}
	}
}

func xResource(t *testing.T, as *testserver.Server) {
	config := clientcredentials.Config{
		ClientID: "test-client", ClientSecret: "test-secret", TokenURL: as.Endpoint(testserver.EndpointToken), AuthStyle: oauth2.AuthStyleInHeader,
		EndpointParams: url.Values{"resource": {audience}},
	}
	token, err := config.Token(reach(t, as))
	if err != nil {
		t.Fatal(err)
	}
	var header struct{ Typ string }
	var claims struct {
		Aud, Sub string
		ClientID string `json:"client_id"`
	}
	decode(t, token.AccessToken, 0, &header)
	decode(t, token.AccessToken, 1, &claims)
	if header.Typ != "at+jwt" || claims.Aud != audience || claims.Sub != "test-client" || claims.ClientID != "test-client" {
		t.Errorf("got typ %q and %v, want an access token for %s", header.Typ, claims, audience)
	}
}

func xRefused(t *testing.T, as *testserver.Server) {
	ctx, verifier := reach(t, as), oauth2.GenerateVerifier()
	code := func(config *oauth2.Config) string {
		return as.Login(t, config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))).Query().Get("code")
	}
	elsewhere := publicConfig(as)
	elsewhere.RedirectURL = "http://127.0.0.1:4712/callback"
	for name, tt := range map[string]struct {
		config   *oauth2.Config
		verifier oauth2.AuthCodeOption
		status   int
		code     string
	}{
		"another verifier":     {publicConfig(as), oauth2.VerifierOption(oauth2.GenerateVerifier()), 400, "invalid_grant"},
		"no verifier":          {publicConfig(as), oauth2.SetAuthURLParam("x", "y"), 400, "invalid_grant"},
		"another redirect URI": {elsewhere, oauth2.VerifierOption(verifier), 400, "invalid_grant"},
		"another client":       {newConfig(as, "test-client", "test-secret", oauth2.AuthStyleInHeader), oauth2.VerifierOption(verifier), 400, "invalid_grant"},
		"a wrong secret":       {newConfig(as, "test-client", "wrong", oauth2.AuthStyleInHeader), oauth2.VerifierOption(verifier), 401, "invalid_client"},
		"a wrong secret, post": {newConfig(as, "test-client", "wrong", oauth2.AuthStyleInParams), oauth2.VerifierOption(verifier), 401, "invalid_client"},
		"an unknown client":    {newConfig(as, "unknown", "", oauth2.AuthStyleInParams), oauth2.VerifierOption(verifier), 401, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.config.Exchange(ctx, code(publicConfig(as)), tt.verifier)
			assertRefused(t, err, tt.status, tt.code)
		})
	}
	t.Run("a reused code revokes its tokens", func(t *testing.T) {
		config := publicConfig(as)
		again := code(config)
		token, err := config.Exchange(ctx, again, oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		_, err = config.Exchange(ctx, again, oauth2.VerifierOption(verifier))
		assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
		if got := get(t, as, oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))); got != http.StatusUnauthorized {
			t.Errorf("the access token: got %d, want 401", got)
		}
	})
}
