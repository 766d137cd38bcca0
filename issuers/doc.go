// Package issuers describes real authorization servers: each function returns the
// [middleware.Issuer] of one, which may still be changed.
//
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "orders-api",
//		Issuers:  []middleware.Issuer{issuers.Keycloak("https://id.example.com", "shop")},
//	})
//
// The functions fetch nothing and keep nothing. What is wrong with their arguments
// is [middleware.Issuer.Fault], which [middleware.NewVerifier] reports with the
// remedy. audiences are those of the API at this issuer, instead of Config.Audience.
//
// docs/providers.md says how to configure the side of each provider, what its
// tokens look like, and what often goes wrong.
package issuers
