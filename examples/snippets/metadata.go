package snippets

import "github.com/bearerguard/bearerguard/middleware"

// anotherAudience configures an API whose audience is not its URL.
func anotherAudience() (*middleware.Verifier, error) {
	return middleware.NewVerifier(middleware.Config{
		Audience: "orders-api",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Origins:  []string{"https://api.example.com/v1", "https://api.example.net"},
		Resource: "https://api.example.com/v1", // must equal Origins[0]; required because the audience differs from it
	})
}
