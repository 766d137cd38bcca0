package snippets

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

func opaqueTokens(secret string) (*middleware.Verifier, error) {
	client, err := introspect.New(introspect.Config{
		Issuer: "https://login.example.com", // its metadata names the endpoint
		Auth:   introspect.Basic("orders-api", secret),
	})
	if err != nil {
		return nil, err
	}
	return middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com", Introspection: client}},
	})
}
