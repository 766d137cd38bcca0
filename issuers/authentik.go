package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Authentik accepts the access tokens of an OAuth2 provider of authentik. slug
// is the slug of the provider's application. clients are the client IDs of the
// accepted providers: a token has its provider's client ID as its only
// audience. Groups are the scopes. Access tokens have the claim uid, which ID
// tokens lack. The provider needs a signing key. Without one it signs tokens
// with the client secret: then set Issuer.Keys to jwks.Secret of that secret.
// Choose the issuer mode in which each provider has a different issuer.
func Authentik(base, slug string, clients ...string) middleware.Issuer {
	f := &faults{function: "Authentik"}
	base, slug = f.baseBefore("base", base, "/application/o"), f.pathElement("slug", slug)
	return f.attach(middleware.Issuer{
		URL: base + "/application/o/" + slug + "/", Audiences: clients, Mark: "uid", ScopeClaims: []string{"groups"},
	})
}
