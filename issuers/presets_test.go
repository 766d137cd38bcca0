package issuers_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// preset is how one provider is configured for the API of its shape.
type preset struct {
	shape       string // of internal/shapes
	issuers     func() []middleware.Issuer
	asking      func(*http.Client) []middleware.Issuer // instead of issuers, for one that takes a client
	tokenHeader string
	opaque      string // how its opaque tokens begin
	unknown     int    // the status of an answer about a token that is not known; 0 is 200 with active false

	mint func(*testing.T, shapes.Shape, shapes.Row) string // its tokens, where they are neither JWTs nor opaque
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
