package snippets

import "github.com/bearerguard/bearerguard/middleware"

func newVerifier() (*middleware.Verifier, error) {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
	})
	return v, err
}
