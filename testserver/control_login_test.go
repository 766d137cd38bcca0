package testserver_test

import (
	"fmt"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestControlNextLogins(t *testing.T) {
	s := testserver.New(t, testserver.Users(testserver.User{Sub: "alice"}, testserver.User{Sub: "bob"}))
	c := controlAPI{t, s, s.Control(controlToken)}
	login := func() (sub any, refusal string) {
		t.Helper()
		answer := s.Login(t, s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest().Encode()).Query()
		if !answer.Has("code") {
			return nil, answer.Get("error")
		}
		_, claims := verified(t, s, wantTokens(t, exchange(t, s, codeRequest(answer.Get("code")))).text("access_token"))
		return claims["sub"], ""
	}
	for _, tt := range []struct{ ask, want string }{
		{`{"deny":"login_required"}`, "<nil> login_required; alice ; alice ; "},
		{`{"deny":"access_denied","times":2}`, "<nil> access_denied; <nil> access_denied; alice ; "},
		{`{"sub":"bob"}`, "bob ; alice ; alice ; "},
		{`{"sub":"bob","times":2}`, "bob ; bob ; alice ; "},
	} {
		c.call("POST", "/v1/logins/next", tt.ask)
		got := ""
		for range 3 {
			sub, refusal := login()
			got += fmt.Sprint(sub, " ", refusal, "; ")
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.ask, got, tt.want)
		}
	}
}

func TestControlFreezesTheKeySet(t *testing.T) {
	s := testserver.New(t)
	c := controlAPI{t, s, s.Control(controlToken)}
	servedJWKS := func() string {
		t.Helper()
		_, text := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
		return string(text)
	}
	before := servedJWKS()
	c.call("POST", "/v1/keys/freeze", "")
	c.call("POST", "/v1/keys/rotate", `{"drop_old":true}`)
	if got := servedJWKS(); got != before {
		t.Errorf("got %s, want the keys from before", got)
	}
	c.call("POST", "/v1/keys/thaw", "")
	if got := servedJWKS(); got != string(s.JWKS()) || got == before {
		t.Errorf("got %s, want the new key", got)
	}
}

func TestControlAcceptsIDsThatLookLikePaths(t *testing.T) {
	c := newControlAPI(t)
	for id, element := range map[string]string{".": "%2E", "..": "%2E%2E", "a/../b": "a%2F..%2Fb"} {
		c.call("POST", "/v1/clients", fmt.Sprintf(`{"id":%q}`, id))
		c.call("POST", "/v1/users", fmt.Sprintf(`{"sub":%q}`, id))
		if got := c.call("GET", "/v1/clients/"+element, "")["id"]; got != id {
			t.Errorf("got %v, want %s", got, id)
		}
		c.call("DELETE", "/v1/clients/"+element, "")
		c.call("DELETE", "/v1/users/"+element, "")
	}
}
