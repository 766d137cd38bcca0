package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Logto is a Logto tenant at base, such as https://acme.logto.app. The audience is
// the identifier of an API resource there, which clients must ask for as resource:
// without it the access token is opaque and good only at Logto itself.
func Logto(base string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Logto"}
	return f.in(middleware.Issuer{URL: f.before("base", base, "/oidc") + "/oidc", Audiences: audiences, Profile: middleware.RFC9068})
}
