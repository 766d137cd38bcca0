package recipes_test

import (
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestTenant(t *testing.T) {
	as := testserver.New(t)
	v := newVerifier(t, as)
	acme := testserver.Claim("tenant", "acme")
	get := func(path string, options ...testserver.TokenOption) *http.Request {
		return as.Authorize(request("GET", path), append(options, alice)...)
	}
	for name, api := range map[string]http.Handler{"net/http": recipes.TenantHTTP(v), "Echo": recipes.TenantEcho(v)} {
		t.Run(name, func(t *testing.T) {
			for _, e := range []exchange{
				{"its own tenant", get("/tenants/acme/orders", read, acme), 200, "orders of alice", ""},
				{"another tenant", get("/tenants/other/orders", read, acme), 403, bodyForbidden, challengeForbidden},
				{"another case", get("/tenants/ACME/orders", read, acme), 403, bodyForbidden, challengeForbidden},
				{"a token without a tenant", get("/tenants/acme/orders", read), 403, bodyForbidden, challengeForbidden},
				{"a tenant that is a list", get("/tenants/acme/orders", read, testserver.Claim("tenant", []string{"acme"})), 403, bodyForbidden, challengeForbidden},
				{"its own tenant, without the scope", get("/tenants/acme/orders", acme), 403, bodyForbidden, challengeForbidden + `, scope="orders:read"`},
				{"an expired token", get("/tenants/acme/orders", read, acme, expired), 401, bodyExpired, challengeExpired},
				{"no token", request("GET", "/tenants/acme/orders"), 401, bodyNoToken, `Bearer realm="api", scope="orders:read"`},
			} {
				e.check(t, api)
			}
			for _, path := range []string{"/tenants//orders", "/tenants/%20/orders"} {
				if w := serve(api, get(path, read, testserver.Claim("tenant", ""))); w.Code < 300 {
					t.Errorf("%s: got %d for an empty tenant, want it refused", path, w.Code)
				}
			}
		})
	}
}
