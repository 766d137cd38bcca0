package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Duende is a Duende IdentityServer, by the issuer in its metadata. The
// audience is the name of an API resource. IdentityServer 4, whose tokens have
// the typ JWT, is supported too. If scopes belong to no resource, the token has
// no aud, or ISSUER/resources if EmitStaticAudienceClaim is set. All APIs of
// the server share that audience.
func Duende(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Duende"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences})
}
