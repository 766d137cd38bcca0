package snippets

import (
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

func severalIssuers(secret []byte) middleware.Config {
	issuers := []middleware.Issuer{
		{URL: "https://login.example.com", Profile: middleware.RFC9068},
		{URL: "https://tenant.eu.auth0.com/"}, // the slash is part of the issuer
		{URL: "https://keycloak.example.com/realms/shop", ScopeClaims: []string{"/realm_access/roles"}},
		{URL: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc", AudienceClaim: "client_id", Audiences: []string{"4n0sr"}},
		{URL: "https://internal.example.com", Algorithms: []string{"HS256"}, Keys: jwks.Secret("", secret)},
	}
	return middleware.Config{Audience: "https://api.example.com", Issuers: issuers}
}
