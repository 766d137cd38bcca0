package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Authelia accepts the access tokens of an Authelia server at base, such as
// https://auth.example.com. In Authelia, configure two things for each client:
// its access tokens are JWTs (access_token_signed_response_alg), and it may
// request the audience of the API. By default, access tokens are opaque and
// need Issuer.Introspection.
func Authelia(base string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Authelia"}
	return f.attach(middleware.Issuer{URL: f.base("base", base), Audiences: audiences, Profile: middleware.RFC9068})
}
