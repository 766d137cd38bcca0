// Package issuers describes real authorization servers. Most functions return a
// [middleware.Issuer]. [Entra] and [EntraRoles] return a slice of them. The
// caller may change the fields.
//
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "orders-api",
//		Issuers:  []middleware.Issuer{issuers.Keycloak("https://id.example.com", "shop")},
//	})
//
// The functions have no state and fetch nothing. They report invalid arguments
// in [middleware.Issuer.Fault], which [middleware.NewVerifier] returns as an
// error. Many functions have an audiences parameter, which lists the audiences
// of the API at this issuer and replaces Config.Audience.
//
// docs/providers.md describes the configuration, the tokens and the frequent
// mistakes for each provider.
package issuers
