package interop_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"golang.org/x/oauth2"
)

// In the device flow, the client polls every five seconds. The test runs in a
// synctest bubble, where waiting takes no time.
func TestXOAuth2Devices(t *testing.T) {
	soon := func(after time.Duration, do func(*testing.T, *testserver.Server, string)) func(*testing.T, *testserver.Server, string) {
		return func(t *testing.T, as *testserver.Server, page string) {
			time.AfterFunc(after, func() { do(t, as, page) })
		}
	}
	allow := func(t *testing.T, as *testserver.Server, page string) { as.Login(t, page) }
	for _, tt := range []struct {
		name  string
		style *oauth2.AuthStyle // for a confidential client; nil means a public client
		begun func(t *testing.T, as *testserver.Server, page string)
		polls int
		code  string // the expected error code; "" means that the client gets tokens
	}{
		{name: "allowed at once", begun: allow, polls: 1},
		{name: "allowed after 12 seconds", begun: soon(12*time.Second, allow), polls: 3},
		{name: "allowed, a confidential client", style: new(oauth2.AuthStyleInHeader), begun: soon(7*time.Second, allow), polls: 2},
		// The client tries both auth styles until a poll succeeds. Each poll
		// therefore consists of two requests. The server refuses the second
		// request as too early.
		{name: "allowed, a confidential client with AuthStyleAutoDetect", style: new(oauth2.AuthStyleAutoDetect), begun: soon(7*time.Second, allow), polls: 3},
		{name: "refused", begun: soon(7*time.Second, func(t *testing.T, as *testserver.Server, page string) {
			as.Login(t, page, testserver.LoginAs{Deny: true})
		}), polls: 2, code: "access_denied"},
		{name: "too late", begun: soon(7*time.Second, func(_ *testing.T, as *testserver.Server, _ string) { as.Advance(10 * time.Minute) }), polls: 2, code: "expired_token"},
		{name: "a poll with latency", begun: func(t *testing.T, as *testserver.Server, page string) {
			as.Inject(testserver.EndpointToken, testserver.Latency(300*time.Millisecond), testserver.Times(1))
			soon(7*time.Second, allow)(t, as, page)
		}, polls: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				ctx, config, secret := withClient(t, as.Client()), publicConfig(as), oauth2.SetAuthURLParam("x", "y")
				if tt.style != nil {
					config = newConfig(as, "test-client", "test-secret", *tt.style)
					secret = oauth2.SetAuthURLParam("client_secret", "test-secret") // the package does not send the secret to the device authorization endpoint
				}
				answer, err := config.DeviceAuth(ctx, secret)
				if err != nil {
					t.Fatal(err)
				}
				tt.begun(t, as, answer.VerificationURIComplete)
				token, err := config.DeviceAccessToken(ctx, answer)
				switch {
				case tt.code != "":
					assertRefused(t, err, http.StatusBadRequest, tt.code)
				case err != nil:
					t.Fatal(err)
				case token.Extra("id_token") == nil || token.RefreshToken == "" || get(t, as, oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))) != http.StatusOK:
					t.Error("want an ID token, a refresh token and an access token for userinfo")
				}
				if got := as.Count(testserver.EndpointToken); got != tt.polls {
					t.Errorf("got %d polls, want %d", got, tt.polls)
				}
			})
		})
	}
}
