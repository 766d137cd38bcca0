package snippets

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

func keycloak() middleware.Config {
	shop := issuers.Keycloak("https://id.example.com", "shop") // scopes are in the claim scope
	roles := issuers.KeycloakRoles(shop, "orders-api")         // or use the roles as scopes
	return middleware.Config{Audience: "orders-api", Issuers: []middleware.Issuer{roles}}
}
