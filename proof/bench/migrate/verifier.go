package migrate

import "github.com/bearerguard/bearerguard/middleware"

func newVerifier(issuer string) (*middleware.Verifier, error) {
	return middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com",
		Issuers:  []middleware.Issuer{{URL: issuer}},
	})
}
