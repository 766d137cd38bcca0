package recipes

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// KeycloakRoles accepts the tokens of a Keycloak realm. The realm's roles and
// those of the client orders-api are scopes, and so are the scopes themselves.
func KeycloakRoles() middleware.Config {
	shop := issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", "shop"), "orders-api")
	shop.ScopeClaims = append(shop.ScopeClaims, "scope") // without this line only the roles count
	return middleware.Config{Audience: "orders-api", Issuers: []middleware.Issuer{shop}}
}
