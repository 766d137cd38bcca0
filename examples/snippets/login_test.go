package snippets

import (
	"context"
	"path/filepath"
	"testing"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestLogin(t *testing.T) {
	as := testserver.New(t)
	web := as.AddClient(testserver.Client{RedirectURIs: []string{"https://app.example.com/callback"}})
	app := oauth2.Config{
		ClientID: web.ID, ClientSecret: web.Secret, RedirectURL: web.RedirectURIs[0], Scopes: []string{"openid", "orders:read"},
		Endpoint: oauth2.Endpoint{AuthURL: as.Endpoint(testserver.EndpointAuthorize), TokenURL: as.Endpoint(testserver.EndpointToken)},
	}
	verifier := oauth2.GenerateVerifier()
	page := app.AuthCodeURL("some-state", oauth2.S256ChallengeOption(verifier))
	callback := as.Login(t, page, testserver.LoginAs{User: testserver.User{Sub: "alice"}}) // the URL at which a browser would arrive
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, as.Client())
	token, err := app.Exchange(ctx, callback.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if !token.Valid() || token.Extra("scope") != "openid orders:read" || callback.Query().Get("state") != "some-state" {
		t.Errorf("got %v at %v, want a token with both scopes", token.Extra("scope"), callback)
	}
}

func TestAuthorizationServer(t *testing.T) {
	as, err := authorizationServer(t.Context(), "127.0.0.1:0", filepath.Join(t.TempDir(), "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	app := oauth2.Config{ClientID: "web", RedirectURL: "http://localhost:8080/callback", Endpoint: oauth2.Endpoint{AuthURL: as.Endpoint(testserver.EndpointAuthorize)}}
	page := app.AuthCodeURL("some-state", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
	callback := as.Login(t, page, testserver.LoginAs{User: testserver.User{Sub: "alice", Password: "wonderland"}})
	if callback.Query().Get("code") == "" {
		t.Errorf("got the callback %v, want one with a code", callback)
	}
	if err := as.Close(); err != nil {
		t.Error(err)
	}
}
