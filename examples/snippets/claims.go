package snippets

import (
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
)

func tenant(r *http.Request) (string, error) {
	type tenantClaims struct {
		Tenant string `json:"tenant"`
	}
	claims, err := middleware.ClaimsAs[tenantClaims](httpauth.Token(r))
	return claims.Tenant, err
}
