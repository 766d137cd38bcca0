package snippets

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

func keycloak() middleware.Config {
	shop := issuers.Keycloak("https://id.example.com", "shop") // takes scopes from the claim scope
	roles := issuers.KeycloakRoles(shop, "orders-api")         // takes scopes from the roles
	return middleware.Config{Audience: "orders-api", Issuers: []middleware.Issuer{roles}}
}
