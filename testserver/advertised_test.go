package testserver_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// member returns the named list from the discovery document.
func member(t *testing.T, s *testserver.Server, name string) []string {
	t.Helper()
	list, _ := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointDiscovery))[name].([]any)
	if len(list) == 0 {
		t.Fatalf("got no %s", name)
	}
	var texts []string
	for _, v := range list {
		texts = append(texts, fmt.Sprint(v))
	}
	return texts
}

func TestAdvertisedFeaturesWork(t *testing.T) {
	r := newRobot(t, "ES256")
	full := testserver.User{Sub: "alice", Claims: map[string]any{
		"name": "Alice", "email": "a@example.com", "address": map[string]any{"locality": "Bath"}, "phone_number": "+44", "roles": "admin",
	}}
	s := testserver.New(t, testserver.Users(full), testserver.Scopes("orders"), testserver.Clients(jwtBearerClient(r)), detailTypes)

	grants := map[string]func(t *testing.T){
		"authorization_code": func(t *testing.T) { tokens(t, s) },
		"refresh_token":      func(t *testing.T) { wantTokens(t, exchange(t, s, refreshRequest(tokens(t, s).text("refresh_token")))) },
		"client_credentials": func(t *testing.T) {
			wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}}, testClient))
		},
		string(testserver.DeviceCode): func(t *testing.T) {
			first := formTo(t, s, testserver.EndpointDeviceAuthorization, "client_id=test-public")
			s.Login(t, first.text("verification_uri_complete"))
			wantTokens(t, exchange(t, s, url.Values{"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {first.text("device_code")}}))
		},
		string(testserver.TokenExchange): func(t *testing.T) {
			s.AddClient(gateway)
			wantTokens(t, exchange(t, s, exchangeRequest(s.Token()), asGateway))
		},
		string(testserver.JWTBearer): func(t *testing.T) { wantTokens(t, exchange(t, s, jwtBearerRequest(t, s, r, nil))) },
	}
	for _, grant := range member(t, s, "grant_types_supported") {
		t.Run("grant "+grant, grants[grant])
	}

	asserted := func(t *testing.T, alg testserver.Alg) string {
		t.Helper()
		k := newRobot(t, alg)
		id := "robot-" + string(alg)
		s.AddClient(testserver.Client{ID: id, JWKS: k.jwks, AuthMethod: "private_key_jwt"})
		return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {k.assert(t, map[string]any{
			"iss": id, "sub": id, "aud": s.Issuer(), "jti": s.Token(), "iat": s.Now().Unix(), "exp": s.Now().Unix() + 60,
		}, k.key)}}.Encode()
	}
	access := tokens(t, s).text("access_token")
	for _, endpoint := range []string{"token", "introspection", "revocation"} {
		ep := map[string]testserver.Endpoint{"token": testserver.EndpointToken, "introspection": testserver.EndpointIntrospect, "revocation": testserver.EndpointRevoke}[endpoint]
		send := func(t *testing.T, form string, auth ...string) {
			t.Helper()
			form += "&grant_type=client_credentials"
			if endpoint != "token" {
				form += "&token=" + access
			}
			if got := formTo(t, s, ep, strings.TrimPrefix(form, "&"), auth...); got.status != 200 {
				t.Errorf("got %d %v, want 200", got.status, got.body)
			}
		}
		ways := map[string]func(t *testing.T){
			"client_secret_basic": func(t *testing.T) { send(t, "", testClient) },
			"client_secret_post":  func(t *testing.T) { send(t, byPost) },
			"private_key_jwt":     func(t *testing.T) { send(t, asserted(t, "ES256")) },
			"none": func(t *testing.T) {
				if endpoint == "token" {
					tokens(t, s, "client_id", "test-public")
					return
				}
				send(t, "client_id=test-public")
			},
		}
		for _, method := range member(t, s, endpoint+"_endpoint_auth_methods_supported") {
			t.Run(endpoint+" by "+method, ways[method])
		}
		for _, alg := range member(t, s, endpoint+"_endpoint_auth_signing_alg_values_supported") {
			t.Run(endpoint+" by a key for "+alg, func(t *testing.T) { send(t, asserted(t, testserver.Alg(alg))) })
		}
	}

	for _, mode := range member(t, s, "response_modes_supported") {
		t.Run("response_mode "+mode, func(t *testing.T) {
			to := s.Login(t, s.Endpoint(testserver.EndpointAuthorize)+"?"+authorizationRequest("response_mode", mode).Encode())
			answer := to.Query()
			if mode == "fragment" {
				var err error
				if answer, err = url.ParseQuery(to.Fragment); err != nil {
					t.Fatal(err)
				}
			}
			wantTokens(t, exchange(t, s, codeRequest(answer.Get("code"))))
		})
	}
	for _, scope := range member(t, s, "scopes_supported") {
		t.Run("scope "+scope, func(t *testing.T) {
			if got := tokens(t, s, "scope", scope).text("scope"); got != scope {
				t.Errorf("got the scope %q, want it granted", got)
			}
		})
	}
	for _, of := range member(t, s, "authorization_details_types_supported") {
		t.Run("type "+of, func(t *testing.T) { tokens(t, s, "authorization_details", `[{"type":"`+of+`"}]`) })
	}
	for _, prompt := range member(t, s, "prompt_values_supported") {
		t.Run("prompt "+prompt, func(t *testing.T) { tokens(t, s, "prompt", prompt) })
	}
	all := tokens(t, s, "scope", "openid profile email address phone", "nonce", "n", "acr_values", "gold")
	header, claims := verified(t, s, all.text("id_token"))
	for _, claim := range member(t, s, "claims_supported") {
		t.Run("claim "+claim, func(t *testing.T) {
			if claims[claim] == nil {
				t.Errorf("got %v, want it present", claims)
			}
		})
	}
	if got := member(t, s, "id_token_signing_alg_values_supported"); got[0] != header.Algorithm {
		t.Errorf("got the algorithms %v, want %s first", got, header.Algorithm)
	}
	for _, use := range clientAlgUses {
		for _, alg := range member(t, s, use.advertised) {
			t.Run(use.member+" "+alg, func(t *testing.T) { use.wantAlg(t, s, testserver.Alg(alg), testserver.Alg(alg)) })
		}
	}
}
