package recipes

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// KeycloakRoles returns a configuration that accepts the tokens of a Keycloak
// realm. The roles of the realm and of the client orders-api are used as
// scopes, in addition to the scopes of the token.
func KeycloakRoles() middleware.Config {
	shop := issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", "shop"), "orders-api")
	shop.ScopeClaims = append(shop.ScopeClaims, "scope") // without this line, only the roles are scopes
	return middleware.Config{Audience: "orders-api", Issuers: []middleware.Issuer{shop}}
}
