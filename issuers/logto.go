package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Logto accepts the access tokens of a Logto tenant at base, such as
// https://acme.logto.app. The audience is the identifier of an API resource of
// the tenant. Clients must send this identifier in the parameter resource.
// Otherwise the access token is opaque and valid only at Logto itself.
func Logto(base string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Logto"}
	return f.attach(middleware.Issuer{URL: f.baseBefore("base", base, "/oidc") + "/oidc", Audiences: audiences, Profile: middleware.RFC9068})
}
