package recipes_test

import (
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestKeycloakRoles(t *testing.T) {
	as := testserver.New(t, testserver.TLS(), testserver.IssuerURL("https://id.example.com/realms/shop"), testserver.Like("keycloak"), testserver.Audience("orders-api"))
	v := newVerifier(t, as, func(c *middleware.Config) {
		client, logger := c.Client, c.Logger
		*c = recipes.KeycloakRoles()
		c.Client, c.Logger = client, logger
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	clerk, scope := httpauth.Require(v, scopes.All("clerk"))(handler), httpauth.Require(v, scopes.All("orders:read"))(handler)

	get := func(realmRole, client, clientRole string, options ...testserver.TokenOption) *http.Request {
		roles := func(role string) map[string][]string { return map[string][]string{"roles": {role}} }
		return as.Authorize(request("GET", "/"), append(options,
			testserver.Claim("realm_access", roles(realmRole)),
			testserver.Claim("resource_access", map[string]any{client: roles(clientRole)}))...)
	}
	challenge := `Bearer realm="orders-api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="clerk"`
	for _, e := range []exchange{
		{"a role of the realm", get("clerk", "account", "user"), 204, "", ""},
		{"a role of the client", get("user", "orders-api", "clerk"), 204, "", ""},
		{"a role of another client", get("user", "billing-api", "clerk"), 403, bodyForbidden, challenge},
		{"another role", get("user", "orders-api", "user"), 403, bodyForbidden, challenge},
		{"an expired token", get("clerk", "account", "user", expired), 401, bodyExpired,
			`Bearer realm="orders-api", error="invalid_token", error_description="token is expired"`},
	} {
		e.check(t, clerk)
	}
	exchange{"a scope", get("user", "account", "user", read), 204, "", ""}.check(t, scope)
}
