package testserver_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// Access claims of a user, and rules for a user, apply to the user's access
// tokens from the token endpoint. They do not apply to the access tokens of a
// client, even if the client ID is the same string as the user's subject.
func TestAccessClaimsOfUsers(t *testing.T) {
	s, r := newJWTBearerServer(t, fromFile(`{
		"users": [{"sub": "alice", "access_claims": {"roles": ["admin"], "/realm_access/tier": "gold"}, "claims": {"name": "Alice"}}, {"sub": "bob"},
			{"sub": "test-client", "access_claims": {"roles": ["root"]}}, {"sub": "robot", "access_claims": {"roles": ["root"]}}],
		"clients": [{"id": "gateway", "secret": "gateway-secret", "grants": ["`+string(testserver.TokenExchange)+`"]}],
		"rules": [{"when": {"user": "bob"}, "claims": {"vip": true}}, {"when": {"user": "test-client"}, "claims": {"vip": "no"}},
			{"when": {"user": "alice", "scope": "audit"}, "claims": {"roles": ["auditor"]}}, {"when": {"user": "bob", "scope": "root"}, "deny": "access_denied"}]}`))
	summary := func(access string) string {
		_, claims := verified(t, s, access)
		return fmt.Sprintf("%v %v %v %v %v", claims["sub"], claims["roles"], claims["realm_access"], claims["vip"], claims["name"])
	}
	of := func(pairs ...string) reply { return tokens(t, s, pairs...) }
	ofClient := wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, testClient)).text("access_token")
	first := of("login_hint", "alice")
	begun := formTo(t, s, testserver.EndpointDeviceAuthorization, url.Values{"client_id": {"test-public"}}.Encode())
	s.Login(t, begun.text("verification_uri_complete"))
	s.Advance(6 * time.Second)
	form := url.Values{"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {begun.text("device_code")}}
	for name, tt := range map[string]struct{ access, want string }{
		"a code":                    {first.text("access_token"), "alice [admin] map[tier:gold] <nil> <nil>"},
		"a refresh token":           {wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token")))).text("access_token"), "alice [admin] map[tier:gold] <nil> <nil>"},
		"a device":                  {wantTokens(t, exchange(t, s, form)).text("access_token"), "alice [admin] map[tier:gold] <nil> <nil>"},
		"an assertion":              {wantTokens(t, exchange(t, s, jwtBearerRequest(t, s, r, func(claims map[string]any) { claims["sub"] = "alice" }))).text("access_token"), "alice [admin] map[tier:gold] <nil> <nil>"},
		"a rule overrides the user": {of("login_hint", "alice", "scope", "audit").text("access_token"), "alice [auditor] map[tier:gold] <nil> <nil>"},
		"a rule by user":            {of("login_hint", "bob").text("access_token"), "bob <nil> <nil> true <nil>"},
		"an assertion of the client for itself": {
			wantTokens(t, exchange(t, s, jwtBearerRequest(t, s, r, func(claims map[string]any) { claims["sub"] = "robot" }))).text("access_token"), "robot <nil> <nil> <nil> <nil>",
		},
		"a client's token, exchanged": {
			wantTokens(t, exchange(t, s, exchangeRequest(ofClient), asGateway)).text("access_token"), "test-client <nil> <nil> <nil> <nil>",
		},
		"a client with the name of a user": {
			wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, testClient)).text("access_token"), "test-client <nil> <nil> <nil> <nil>",
		},
	} {
		if got := summary(tt.access); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	wantError(t, exchange(t, s, codeRequest(codeFor(t, s, "login_hint", "bob", "scope", "root"))), 400, "access_denied")

	opaque := testserver.New(t, testserver.OpaqueTokens(), testserver.Users(testserver.User{Sub: "alice", AccessClaims: map[string]any{"roles": []string{"admin"}}}))
	if _, body := introspectionResponse(t, opaque, tokens(t, opaque).text("access_token")); !strings.Contains(body, `"roles":["admin"]`) {
		t.Errorf("got %s about an opaque token, want the roles", body)
	}
}

func TestReservedAccessClaimsAreRefused(t *testing.T) {
	for _, name := range []string{"exp", "sub", "/aud/0", "scope", "cnf"} {
		_, err := testserver.FormatConfig(strings.NewReader(`{"users":[{"sub":"a","access_claims":{"`+name+`":1}}]}`), false)
		if err == nil || !strings.Contains(err.Error(), "users[0].access_claims: claim \""+name+"\" is set by the server") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	bad := testserver.User{Sub: "alice", AccessClaims: map[string]any{"/a/~3": 1}}
	if _, err := testserver.NewUnstarted(testserver.Users(bad)); err == nil || !strings.Contains(err.Error(), `user "alice": AccessClaims`) {
		t.Errorf("got %v, want the user named", err)
	}
	text := fatalText(t, func(tb *recorder) { testserver.New(tb).AddUser(bad) })
	if !strings.Contains(text, "AddUser: user \"alice\": AccessClaims") {
		t.Errorf("got %q, want the user named", text)
	}
}
