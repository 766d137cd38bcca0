package recipes

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// ownTenant requires that the tenant in the path is the tenant in the token.
type ownTenant struct{}

func (ownTenant) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.Request != nil && e.Request.PathValue("tenant") != "" {
		if tenant, _ := e.Claim("/tenant"); tenant == e.Request.PathValue("tenant") {
			return nil
		}
	}
	return &scopes.Shortfall{} // no scope would help the client
}

// TenantHTTP returns an API that serves the orders of a tenant only to tokens
// of that tenant.
func TenantHTTP(v *middleware.Verifier) http.Handler {
	mux := http.NewServeMux()
	own := httpauth.Require(v, scopes.All("orders:read"), ownTenant{})
	mux.Handle("GET /tenants/{tenant}/orders", own(listOrders))
	return mux
}

// TenantEcho is TenantHTTP on Echo v4.
func TenantEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	pathValue := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Request().SetPathValue("tenant", c.Param("tenant"))
			return next(c)
		}
	}
	e.GET("/tenants/:tenant/orders", echo.WrapHandler(listOrders), pathValue, echoauth.Require(v, scopes.All("orders:read"), ownTenant{}))
	return e
}
