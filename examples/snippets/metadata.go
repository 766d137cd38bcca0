package snippets

import "github.com/bearerguard/bearerguard/middleware"

// anotherAudience configures an API whose audience is not its URL.
func anotherAudience() (*middleware.Verifier, error) {
	return middleware.NewVerifier(middleware.Config{
		Audience: "orders-api",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Origins:  []string{"https://api.example.com/v1", "https://api.example.net"},
		Resource: "https://api.example.com/v1", // the same as Origins[0], because the audience is not a URL
	})
}
