package hydra_test

import (
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
)

func TestExampleAPIAgainstHydra(t *testing.T) {
	h := startHydra(t, "", "RS256")
	h.client(t, "jwt", "jwt")
	h.client(t, "opaque", "opaque")
	h.checkShapes(t)
	a := startAPI(t, h)

	service, login := h.token(t, "jwt", audience, "items:read", "items:write"), h.login(t, "jwt", audience, "openid", "offline_access", "items:read")
	a.check(t,
		call{what: "by client_credentials", path: "/me", token: service, status: 200, body: me("jwt", "jwt", h.public, "items:read items:write")},
		call{what: "by client_credentials", token: service, status: 200, body: items},
		call{what: "by code", path: "/me", token: login.AccessToken, status: 200, body: me(user, "jwt", h.public, "openid offline_access items:read")},
		call{what: "by code", token: login.AccessToken, status: 200, body: items},
		call{what: "no scope where none is needed", path: "/me", token: h.token(t, "jwt", audience), status: 200, body: me("jwt", "jwt", h.public, "")},
	)

	another, namesake := startHydra(t, "", "ES256"), startHydra(t, h.public, "ES256")
	another.client(t, "jwt", "jwt")
	namesake.client(t, "jwt", "jwt")
	a.check(t,
		call{what: "no token", status: 401},
		call{what: "for no audience", token: h.token(t, "jwt", "", "items:read"), status: 401, err: "invalid_token"},
		call{what: "for another audience", token: h.token(t, "jwt", "https://other.example.com", "items:read"), status: 401, err: "invalid_token"},
		call{what: "scope added by the client", token: withScope(t, service, "admin"), status: 401, err: "invalid_token"},
		call{what: "another signature", token: changed(service), status: 401, err: "invalid_token"},
		call{what: "of another Hydra", token: another.token(t, "jwt", audience, "items:read"), status: 401, err: "invalid_token"},
		call{what: "of another Hydra with the same issuer", token: namesake.token(t, "jwt", audience, "items:read"), status: 401, err: "invalid_token"},
		call{what: "an ID token", token: idToken(t, login, "jwt"), status: 401, err: "invalid_token"},
		call{what: "a refresh token", token: refreshToken(t, login), status: 401, err: "invalid_token"},
		call{what: "opaque, without introspection", token: h.token(t, "opaque", audience, "items:read"), status: 401, err: "invalid_token"},
		call{what: "without the scope", token: h.token(t, "jwt", audience, "items:write"), status: 403, err: "insufficient_scope"},
		call{what: "without any scope", token: h.token(t, "jwt", audience), status: 403, err: "insufficient_scope"},
	)
}

// The API's audience is the client ID, so ID tokens have the right audience.
// The API must nevertheless refuse ID tokens.
func TestIDTokensOfHydraAreNotAccessTokens(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	a := startAPI(t, h, "AUDIENCE=jwt")
	login := h.login(t, "jwt", "jwt", "openid", "items:read")
	a.check(t,
		call{what: "the access token", path: "/me", token: login.AccessToken, status: 200, body: me(user, "jwt", h.public, "openid items:read")},
		call{what: "the ID token", path: "/me", token: idToken(t, login, "jwt"), status: 401, err: "invalid_token"},
	)
}

// checkShapes checks that Hydra's JWTs have the usual header and claims. The
// other tests assume this format.
func (h *hydra) checkShapes(t *testing.T) {
	t.Helper()
	for name, want := range map[string]struct {
		token         string
		aud, scp, ext any
	}{
		"client_credentials":            {h.token(t, "jwt", audience, "items:read"), []any{audience}, []any{"items:read"}, map[string]any{}},
		"no audience and no scope":      {h.token(t, "jwt", ""), []any{}, []any{}, map[string]any{}},
		"by code, with a custom member": {h.login(t, "jwt", audience, "items:read").AccessToken, []any{audience}, []any{"items:read"}, map[string]any{"craft": "smith"}},
	} {
		var header struct{ Alg, Typ string }
		if decode(t, want.token, 0, &header); header.Alg != "RS256" || header.Typ != "JWT" {
			t.Errorf("%s: got alg %q typ %q, want RS256 and JWT", name, header.Alg, header.Typ)
		}
		var claims map[string]any
		decode(t, want.token, 1, &claims)
		for claim, value := range map[string]any{"aud": want.aud, "scp": want.scp, "ext": want.ext, "iss": h.public, "client_id": "jwt"} {
			if !reflect.DeepEqual(claims[claim], value) {
				t.Errorf("%s: got %s %v, want %v", name, claim, claims[claim], value)
			}
		}
		if names := slices.Sorted(maps.Keys(claims)); strings.Join(names, " ") != "aud client_id exp ext iat iss jti nbf scp sub" {
			t.Errorf("%s: got the claims %v, want the usual ten", name, names)
		}
	}
}

func TestKeysOfHydraRotate(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	a := startAPI(t, h)
	signed := func(alg string) (call, string) {
		t.Helper()
		c := call{what: alg, token: h.token(t, "jwt", audience, "items:read"), status: 200, body: items}
		var header struct{ Alg, Kid string }
		if decode(t, c.token, 0, &header); header.Alg != alg {
			t.Fatalf("got alg %q, want %q", header.Alg, alg)
		}
		return c, header.Kid
	}
	first, kid := signed("ES256")
	a.check(t, first)

	h.generate(t, accessTokenKeys, "EdDSA")
	second, _ := signed("EdDSA")
	a.poll(t, second)
	a.check(t, first)

	h.withdraw(t, kid)
	h.generate(t, accessTokenKeys, "ES512")
	third, _ := signed("ES512")
	a.poll(t, third)
	a.check(t, second, call{what: "the first key, withdrawn", token: first.token, status: 401, err: "invalid_token"})
}

func TestIntrospectionAtHydra(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	h.client(t, "opaque", "opaque")
	a := serveAPI(t, h, middleware.IntrospectOpaque)

	service, login := h.token(t, "opaque", audience, "items:read", "items:write"), h.login(t, "opaque", audience, "openid", "offline_access", "items:read")
	for _, token := range []string{service, login.AccessToken} {
		if !strings.HasPrefix(token, "ory_at_") {
			t.Fatalf("got %q, want an opaque token", token)
		}
	}
	a.check(t,
		call{what: "a JWT", token: h.token(t, "jwt", audience, "items:read"), status: 200, body: items},
		call{what: "by client_credentials", path: "/me", token: service, status: 200, body: me("opaque", "opaque", h.public, "items:read items:write")},
		call{what: "by client_credentials", token: service, status: 200, body: items},
		call{what: "by code", path: "/me", token: login.AccessToken, status: 200, body: me(user, "opaque", h.public, "openid offline_access items:read")},
		call{what: "for no audience", token: h.token(t, "opaque", "", "items:read"), status: 401, err: "invalid_token"},
		call{what: "for another audience", token: h.token(t, "opaque", "https://other.example.com", "items:read"), status: 401, err: "invalid_token"},
		call{what: "another end", token: changed(service), status: 401, err: "invalid_token"},
		call{what: "never issued", token: "ory_at_" + strings.Repeat("A", 43) + "." + strings.Repeat("A", 43), status: 401, err: "invalid_token"},
		call{what: "an ID token", token: idToken(t, login, "opaque"), status: 401, err: "invalid_token"},
		call{what: "without the scope", token: h.token(t, "opaque", audience, "items:write"), status: 403, err: "insufficient_scope"},
		call{what: "without any scope", token: h.token(t, "opaque", audience), status: 403, err: "insufficient_scope"},
	)

	h.revoke(t, "opaque", service)
	a.check(t, call{what: "revoked", token: service, status: 401, err: "invalid_token"})
}

// In the introspection response, a refresh token is active and has the audience
// of an access token. Only token_use shows that the token is a refresh token.
func TestRefreshTokensOfHydraAreNotAccessTokens(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "opaque", "opaque")
	token := refreshToken(t, h.login(t, "opaque", audience, "offline_access", "items:read"))
	answer := h.introspect(t, token)
	if answer["active"] != true || answer["token_use"] != "refresh_token" || !reflect.DeepEqual(answer["aud"], []any{audience}) {
		t.Fatalf("got the introspection response %v, want an active refresh token for the API", answer)
	}
	serveAPI(t, h, middleware.IntrospectOpaque).check(t, call{what: "a refresh token", token: token, status: 401, err: "invalid_token"})
}

// Hydra's introspection endpoint also accepts JWTs. An API that introspects
// JWTs therefore refuses a revoked JWT. An API that does not introspect JWTs
// accepts the revoked JWT.
func TestJWTsOfHydraAreRevoked(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	asks, local := serveAPI(t, h, middleware.IntrospectJWTs), serveAPI(t, h, middleware.IntrospectOpaque)
	c := call{what: "before it is revoked", token: h.token(t, "jwt", audience, "items:read"), status: 200, body: items}
	asks.check(t, c)
	local.check(t, c)

	h.revoke(t, "jwt", c.token)
	asks.check(t, call{what: "revoked", token: c.token, status: 401, err: "invalid_token"})
	c.what = "revoked, at an API without introspection of JWTs"
	local.check(t, c)
}

// Hydra's metadata has no introspection endpoint, so an API that reads the
// endpoint from the metadata cannot introspect.
func TestMetadataOfHydraNamesNoIntrospectionEndpoint(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	h.client(t, "opaque", "opaque")
	a := startAPI(t, h, "INTROSPECTION_CLIENT_ID=api", "INTROSPECTION_CLIENT_SECRET=nothing")
	a.check(t,
		call{what: "a JWT", token: h.token(t, "jwt", audience, "items:read"), status: 200, body: items},
		call{what: "an opaque token", token: h.token(t, "opaque", audience, "items:read"), status: 503, err: "temporarily_unavailable"},
	)
}

// introspect returns the introspection response of the admin port.
func (h *hydra) introspect(t *testing.T, token string) (answer map[string]any) {
	t.Helper()
	form := url.Values{"token": {token}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.admin+"/admin/oauth2/introspect", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, text := send(t, req)
	if status != http.StatusOK {
		t.Fatalf("introspection answered %d: %s", status, text)
	}
	unmarshal(t, text, &answer)
	return answer
}
