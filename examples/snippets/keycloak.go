package snippets

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

func keycloak() middleware.Config {
	shop := issuers.Keycloak("https://id.example.com", "shop") // scopes from the claim scope
	return middleware.Config{
		Audience: "orders-api",
		Issuers:  []middleware.Issuer{issuers.KeycloakRoles(shop, "orders-api")}, // or: roles count as scopes
	}
}
