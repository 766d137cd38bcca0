package issuers_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// preset is the configuration of an API that accepts the tokens of one
// provider.
type preset struct {
	shape       string // of internal/shapes
	issuers     func() []middleware.Issuer
	withClient  func(*http.Client) []middleware.Issuer // used instead of issuers if the preset takes a client
	tokenHeader string
	opaque      string // the prefix of the provider's opaque tokens
	unknown     int    // the introspection status for an unknown token; 0 means 200 with active false

	mint func(*testing.T, shapes.Shape, shapes.Row) string // makes the tokens of the provider if they are neither JWTs nor opaque
}

func one(i middleware.Issuer) []middleware.Issuer { return []middleware.Issuer{i} }

// presets lists all presets. docs/providers.md quotes the calls in these
// presets.
var presets = slices.Concat(keycloak, clouds, products)

var keycloak = []preset{
	{shape: "keycloak", issuers: func() []middleware.Issuer {
		return one(issuers.Keycloak("https://id.example.com", "shop", "orders-api"))
	}},
	{shape: "keycloak-roles", issuers: func() []middleware.Issuer {
		return one(issuers.KeycloakRoles(issuers.Keycloak("https://id.example.com", "shop", "orders-api"), "orders-api"))
	}},
}
