package interop_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"
)

// Like Google's client libraries, the client sends assertions without jti and
// with the claim scope. It authenticates only with the assertion.
func TestXOAuth2JWT(t *testing.T) { overBoth(t, []flow{{"an assertion as a grant", xJWT}}) }

func xJWT(t *testing.T, as *testserver.Server) {
	key := testserver.GenerateKey("RS256", "k1")
	der, err := x509.MarshalPKCS8PrivateKey(key.Private)
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Private.Public(), KeyID: key.ID, Algorithm: "RS256"}}})
	if err != nil {
		t.Fatal(err)
	}
	as.AddClient(testserver.Client{ID: "service@example.com", JWKS: public, Scopes: []string{"a", "b"}, Grants: []testserver.Grant{testserver.JWTBearer}})
	ask := func(change func(*jwt.Config)) (*oauth2.Token, error) {
		config := &jwt.Config{
			Email: "service@example.com", PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), PrivateKeyID: key.ID,
			Subject: "test-user", Scopes: []string{"a", "b"}, TokenURL: as.Endpoint(testserver.EndpointToken),
		}
		change(config)
		return config.TokenSource(reach(t, as)).Token()
	}
	token, err := ask(func(*jwt.Config) {})
	if err != nil {
		t.Fatal(err)
	}
	if !token.Valid() || token.Extra("scope") != "a b" {
		t.Errorf("got a token with the scope %v, want a b", token.Extra("scope"))
	}
	for name, change := range map[string]func(*jwt.Config){
		"another audience": func(c *jwt.Config) { c.Audience = "https://other.example.com" },
		"another subject":  func(c *jwt.Config) { c.Subject = "unknown" },
		"another client":   func(c *jwt.Config) { c.Email = "test-client" },
		"a day":            func(c *jwt.Config) { c.Expires = 24 * 3600e9 },
	} {
		var refused *oauth2.RetrieveError
		if _, err := ask(change); !errors.As(err, &refused) || !strings.Contains(string(refused.Body), `"invalid_grant"`) {
			t.Errorf("%s: got %v, want invalid_grant", name, err)
		}
	}
}

func TestXOAuth2Details(t *testing.T) {
	overBoth(t, []flow{{"authorization_details", xDetails}}, testserver.AuthorizationDetailTypes("payment"))
}

func xDetails(t *testing.T, as *testserver.Server) {
	const asked = `[{"type":"payment","amount":"12.50"}]`
	want := []any{map[string]any{"type": "payment", "amount": "12.50"}}
	ctx := reach(t, as)
	token := login(ctx, t, as, publicConfig(as), oauth2.SetAuthURLParam("authorization_details", asked))
	if got := token.Extra("authorization_details"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	own := &clientcredentials.Config{ClientID: "test-client", ClientSecret: "test-secret", TokenURL: as.Endpoint(testserver.EndpointToken)}
	own.EndpointParams = map[string][]string{"authorization_details": {`[{"type":"refund"}]`}}
	var refused *oauth2.RetrieveError
	if _, err := own.Token(ctx); !errors.As(err, &refused) || refused.ErrorCode != "invalid_authorization_details" {
		t.Errorf("got %v, want invalid_authorization_details", err)
	}
}
