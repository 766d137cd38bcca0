package interop_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// This test runs go-oidc, a relying party that many Go programs use, against
// the mock authorization server.
func TestGoOIDC(t *testing.T) {
	overBoth(t, []flow{
		{"discovery", oidcDiscovery},
		{"an ID token with nonce and at_hash", oidcIDToken},
		{"ID tokens that are not valid", oidcInvalid},
		{"an ID token after a refresh", oidcRefreshed},
		{"userinfo", oidcUserInfo},
	})
	t.Run("keys rotate", func(t *testing.T) { synctest.Test(t, oidcRotation) })
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			as, _ := underPath(t, path, false)
			oidcDiscovery(t, as)
			oidcIDToken(t, as)
		})
	}
}

func TestGoOIDCVerifiesEveryAlgorithm(t *testing.T) {
	for _, alg := range signingAlgs {
		overBoth(t, []flow{{string(alg), func(t *testing.T, as *testserver.Server) {
			ctx := reach(t, as)
			config, verifier := relyingParty(ctx, t, as)
			token := login(ctx, t, as, config, oidc.Nonce("n"))
			id := verified(ctx, t, verifier, token)
			if err := id.VerifyAccessToken(token.AccessToken); err != nil || id.Nonce != "n" {
				t.Errorf("got nonce %q and %v, want n and a matching at_hash", id.Nonce, err)
			}
			var header struct{ Alg string }
			if decode(t, raw(token), 0, &header); header.Alg != string(alg) {
				t.Errorf("got alg %s, want %s", header.Alg, alg)
			}
		}}}, testserver.SigningAlg(alg))
	}
}

// relyingParty returns the configuration of a public client, and a verifier of
// the client's ID tokens. Both use the server's metadata.
func relyingParty(ctx context.Context, t *testing.T, as *testserver.Server) (*oauth2.Config, *oidc.IDTokenVerifier) {
	t.Helper()
	provider, err := oidc.NewProvider(ctx, as.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	config := publicConfig(as)
	config.Endpoint = provider.Endpoint()
	return config, provider.VerifierContext(ctx, &oidc.Config{ClientID: config.ClientID})
}

func raw(token *oauth2.Token) string {
	text, _ := token.Extra("id_token").(string)
	return text
}

func verified(ctx context.Context, t *testing.T, verifier *oidc.IDTokenVerifier, token *oauth2.Token) *oidc.IDToken {
	t.Helper()
	id, err := verifier.Verify(ctx, raw(token))
	if err != nil {
		t.Fatalf("got %v, want a verified ID token", err)
	}
	return id
}

func oidcDiscovery(t *testing.T, as *testserver.Server) {
	provider, err := oidc.NewProvider(reach(t, as), as.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	authURL, tokenURL := as.Endpoint(testserver.EndpointAuthorize), as.Endpoint(testserver.EndpointToken)
	if got, want := provider.Endpoint(), (oauth2.Endpoint{AuthURL: authURL, TokenURL: tokenURL, DeviceAuthURL: as.Endpoint(testserver.EndpointDeviceAuthorization)}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := provider.UserInfoEndpoint(), as.Endpoint(testserver.EndpointUserInfo); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	as.Inject(testserver.EndpointDiscovery, testserver.Body("application/json", []byte(`{"issuer":"https://other.example.com","jwks_uri":"https://other.example.com/keys"}`)), testserver.Times(1))
	if _, err := oidc.NewProvider(reach(t, as), as.Issuer()); err == nil {
		t.Error("go-oidc accepted the metadata of another issuer, want an error")
	}
}

func oidcIDToken(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	config, verifier := relyingParty(ctx, t, as)
	token := login(ctx, t, as, config, oidc.Nonce("n-0S6_WzA2Mj"))
	id := verified(ctx, t, verifier, token)
	if id.Issuer != as.Issuer() || id.Subject != "test-user" || len(id.Audience) != 1 || id.Audience[0] != "test-public" || id.Nonce != "n-0S6_WzA2Mj" || id.AccessTokenHash == "" {
		t.Errorf("got %+v, want the ID token of test-user for test-public with its nonce", id)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Errorf("got %v, want a matching at_hash", err)
	}
	if id.VerifyAccessToken(token.AccessToken+"x") == nil {
		t.Error("go-oidc accepted at_hash for another access token, want an error")
	}
	var claims struct {
		Email string
		AZP   string
	}
	if err := id.Claims(&claims); err != nil || claims.Email == "" || claims.AZP != "test-public" {
		t.Errorf("got %+v and %v, want the claims of email, for test-public", claims, err)
	}
}

func oidcInvalid(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	config, verifier := relyingParty(ctx, t, as)
	for name, token := range map[string]string{
		"another client":  as.IDToken(testserver.ForClient("test-client")),
		"expired":         as.IDToken(testserver.ForClient("test-public"), testserver.ExpiresIn(-time.Minute)),
		"another issuer":  as.IDToken(testserver.ForClient("test-public"), testserver.Claim("iss", "https://other.example.com")),
		"another key":     as.IDToken(testserver.ForClient("test-public"), testserver.SignedWith(testserver.GenerateKey("ES256", as.SigningKey().ID))),
		"another alg":     as.IDToken(testserver.ForClient("test-public"), testserver.SigningAlg("HS256")), // the metadata does not list HS256
		"an access token": login(ctx, t, as, config).AccessToken,
	} {
		if _, err := verifier.Verify(ctx, token); err == nil {
			t.Errorf("%s: go-oidc accepted the token, want an error", name)
		}
	}
	if _, err := verifier.Verify(ctx, as.IDToken(testserver.ForClient("test-public"))); err != nil {
		t.Errorf("a good ID token: got %v", err)
	}
}

func oidcRefreshed(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	config, verifier := relyingParty(ctx, t, as)
	first := login(ctx, t, as, config, oidc.Nonce("n"))
	second, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	before, after := verified(ctx, t, verifier, first), verified(ctx, t, verifier, second)
	if after.Subject != before.Subject || after.Nonce != "" || after.VerifyAccessToken(second.AccessToken) != nil {
		t.Errorf("got %+v, want an ID token with the same subject, without a nonce, and with the at_hash of the new access token", after)
	}
}

func oidcUserInfo(t *testing.T, as *testserver.Server) {
	ctx := reach(t, as)
	provider, err := oidc.NewProvider(ctx, as.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(login(ctx, t, as, publicConfig(as))))
	if err != nil || info.Subject != "test-user" || info.Email == "" {
		t.Errorf("got %+v and %v, want the claims of test-user", info, err)
	}
	config := publicConfig(as)
	config.Scopes = []string{"orders:read"}
	if _, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(login(ctx, t, as, config))); err == nil {
		t.Error("got the userinfo for a token without the scope openid, want an error")
	}
	if got := get(t, as, oauth2.NewClient(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "x"}))); got != http.StatusUnauthorized {
		t.Errorf("got %d for a malformed token, want 401", got)
	}
}

// oidcRotation runs in a synctest bubble, because go-oidc caches fetched keys
// in a goroutine. synctest.Wait waits for this goroutine.
func oidcRotation(t *testing.T) {
	as := testserver.New(t, testserver.InMemory())
	ctx := withClient(t, as.Client())
	config, verifier := relyingParty(ctx, t, as)
	tokens := func() *oauth2.Token { t.Helper(); return login(ctx, t, as, config) }
	want := func(what string, token *oauth2.Token, good bool, fetches int) {
		t.Helper()
		if _, err := verifier.Verify(ctx, raw(token)); (err == nil) != good {
			t.Errorf("%s: got %v, want good = %v", what, err, good)
		}
		if got := as.Count(testserver.EndpointJWKS); got != fetches {
			t.Errorf("%s: got %d fetches of the keys, want %d", what, got, fetches)
		}
		synctest.Wait()
	}
	first := tokens()
	want("the first key", first, true, 1)
	as.Rotate()
	second := tokens()
	want("a new key", second, true, 2)
	want("the first key, still published", first, true, 2)
	as.Rotate(testserver.Rotation{PublishFirst: true})
	want("the old key, while the next is published", tokens(), true, 2)
	as.Rotate() // the next key becomes the signing key
	want("that key, when it signs", tokens(), true, 3)
	as.Rotate(testserver.Rotation{DropOld: true})
	want("after a compromise", tokens(), true, 4)
	as.Retire(as.SigningKey().ID)
	fresh := tokens()
	want("a withdrawn key, still cached", fresh, true, 4)
	as.Rotate(testserver.Rotation{ReuseKid: true})
	want("a new key with an old key ID", tokens(), true, 5)
	want("the old key with that key ID", fresh, false, 6)
}
