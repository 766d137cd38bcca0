package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Duende accepts the access tokens of a Duende IdentityServer. issuer is the
// issuer in its metadata. The audience is the name of an API resource.
// IdentityServer 4 is supported too, including its older versions, whose tokens
// have the typ JWT. If the scopes of a token belong to no API resource, the
// token has no aud. The option EmitStaticAudienceClaim adds the aud
// ISSUER/resources, which is the same for all APIs of the server.
func Duende(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Duende"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences})
}
