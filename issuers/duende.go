package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Duende is a Duende IdentityServer, by the issuer in its metadata. The audience is
// the name of an API resource. IdentityServer 4, whose tokens have the typ JWT, is
// taken too. API scopes without a resource lead to a token without aud, or with
// ISSUER/resources if EmitStaticAudienceClaim is set: every API of that server shares
// this one.
func Duende(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Duende"}
	return f.in(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences})
}
