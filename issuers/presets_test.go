package issuers_test

import (
	"slices"

	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// preset is how one provider is configured for the API of its shape.
type preset struct {
	shape       string // of internal/shapes
	issuers     func() []middleware.Issuer
	tokenHeader string
}

func one(i middleware.Issuer) []middleware.Issuer { return []middleware.Issuer{i} }

// presets are all of them. The calls are those of docs/providers.md.
var presets = slices.Concat(keycloak, clouds, products)

var keycloak = []preset{
	{shape: "keycloak", issuers: func() []middleware.Issuer {
		return one(issuers.Keycloak("https://id.example.com", "shop", "orders-api"))
	}},
	{shape: "keycloak-roles", issuers: func() []middleware.Issuer {
		return one(issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", "shop", "orders-api"), "orders-api"))
	}},
}
