package interop_test

import (
	"fmt"
	"testing"
	"time"
)

// maxTTL is how long the example API caches an introspection response.
const maxTTL = time.Second

func TestExampleAPIIntrospectsAtOIDCProvider(t *testing.T) {
	as := startAuthServer(t)
	program := buildAPI(t)
	for _, framework := range frameworks {
		t.Run(framework, func(t *testing.T) {
			api := startAPI(t, program, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+audience,
				"INTROSPECTION_CLIENT_ID="+as.APIID, "INTROSPECTION_CLIENT_SECRET="+as.APISecret, "INTROSPECTION_MAX_TTL="+maxTTL.String())
			r := &run{T: t, as: as, api: api}
			defer r.print()
			r.open()
			r.accepted() // JWTs are still accepted
			r.opaqueAccepted()
			r.opaqueRefused()
			r.opaqueRevoked(maxTTL)
			r.opaqueExpired()
			r.introspectionStopped()
		})
	}
}

// opaqueAccepted checks which requests an opaque token permits. The expected
// sub is empty, because oidc-provider returns no sub for client_credentials.
func (r *run) opaqueAccepted() {
	token := r.opaque("items:read items:write")
	me := fmt.Sprintf(`{"sub":"","client_id":%q,"iss":%q,"scopes":["items:read","items:write"]}`, r.as.ClientID, r.as.Issuer)
	r.check(
		call{what: "opaque", route: "GET /me", token: token, status: 200, body: me},
		call{what: "opaque", route: "GET /items", token: token, status: 200, body: items},
		call{what: "opaque", route: "POST /items", token: token, status: 200, body: `{"status":"ok"}`},
		call{what: "opaque, with two scopes of three", route: "GET /admin", token: token, status: 403, err: "insufficient_scope", scope: "items:read items:write admin"},
	)
}

func (r *run) opaqueRefused() {
	for _, c := range []call{
		{what: "opaque, without the scope", token: r.opaque("items:write"), status: 403, err: "insufficient_scope", scope: "items:read"},
		{what: "opaque, without any scope", token: r.opaque(""), status: 403, err: "insufficient_scope", scope: "items:read"},
		{what: "opaque, for another audience", token: r.as.opaque(r.T, "https://other.example.com", "items:read", ""), status: 401, err: "invalid_token"},
		{what: "opaque, changed", token: changeFirst(r.opaque("items:read")), status: 401, err: "invalid_token"},
		{what: "opaque, never issued", token: "2YotnFZFEjr1zCsicMWpAA", status: 401, err: "invalid_token"},
	} {
		c.route = "GET /items"
		r.check(c)
	}
}

// opaqueRevoked revokes a token and waits until the API refuses the token. The
// API may accept the token until the cached introspection response expires. One
// second is added for slow machines.
func (r *run) opaqueRevoked(cached time.Duration) {
	c := call{what: "opaque, before it is revoked", route: "GET /items", token: r.opaque("items:read"), status: 200, body: items}
	r.check(c)
	r.as.revoke(r.T, c.token)
	r.poll(cached+time.Second, call{what: "opaque, revoked", route: c.route, token: c.token, status: 401, err: "invalid_token"})

	never := r.opaque("items:read")
	r.as.revoke(r.T, never)
	r.check(call{what: "opaque, revoked before its first use", route: c.route, token: never, status: 401, err: "invalid_token"})
}

// opaqueExpired uses a token with a lifetime of three seconds, which is enough
// for the token to be valid at its first use.
func (r *run) opaqueExpired() {
	c := call{what: "opaque, before it expires", route: "GET /items", token: r.as.opaque(r.T, audience, "items:read", "&ttl=3"), status: 200, body: items}
	r.check(c)
	r.poll(3*time.Second+maxTTL+time.Second, call{what: "opaque, expired", route: c.route, token: c.token, status: 401, err: "invalid_token"})
}

func (r *run) introspectionStopped() {
	token, jwt := r.opaque("items:read"), r.token("ES256", "items:read")
	r.as.stop(r.T)
	r.check(
		call{what: "opaque, while introspection is down", route: "GET /items", token: token, status: 503, err: "temporarily_unavailable"},
		call{what: "a JWT, while introspection is down", route: "GET /items", token: jwt, status: 200, body: items},
		call{what: "health, while introspection is down", route: "GET /healthz", status: 200, body: `{"status":"ok"}`},
	)
	r.as.start(r.T)
	r.poll(rotationTimeout, call{what: "opaque, after the outage", route: "GET /items", token: token, status: 200, body: items})
}
