package recipes_test

import (
	"testing"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestChi(t *testing.T) {
	as := testserver.New(t)
	api := recipes.Chi(newVerifier(t, as))
	acme := testserver.Claim("tenant", "acme")
	for _, e := range []exchange{
		{"a good token", as.Authorize(request("GET", "/orders"), read, alice), 200, "orders of alice", ""},
		{"no token", request("GET", "/orders"), 401, bodyNoToken, `Bearer realm="api", scope="orders:read"`},
		{"an expired token", as.Authorize(request("GET", "/orders"), read, expired), 401, bodyExpired, challengeExpired},
		{"no token, and a path that does not exist", request("GET", "/orders/nowhere"), 401, bodyNoToken, `Bearer realm="api", scope="orders:read"`},
		{"both scopes", as.Authorize(request("POST", "/orders"), testserver.Scope("orders:read", "orders:write")), 201, "", ""},
		{"one of two scopes", as.Authorize(request("POST", "/orders"), read), 403, bodyForbidden, challengeForbidden + `, scope="orders:read orders:write"`},
		{"its own tenant", as.Authorize(request("GET", "/tenants/acme/orders"), alice, acme), 200, "orders of alice", ""},
		{"another tenant", as.Authorize(request("GET", "/tenants/other/orders"), alice, acme), 403, bodyForbidden, challengeForbidden},
	} {
		e.check(t, api)
	}
}
