package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Authentik accepts the access tokens of an OAuth2 provider of authentik. slug
// is the slug of the provider's application. clients are the client IDs of the
// accepted providers, because the only audience of a token is the client ID of
// its provider. The user's groups are used as the scopes of the token. ID
// tokens are refused because they lack the claim uid. Give the provider a
// signing key. A provider without a signing key signs tokens with the client
// secret. For such a provider, set Issuer.Keys to jwks.Secret with this secret,
// and Issuer.Algorithms to HS256. Choose the issuer mode in which each provider
// has a different issuer.
func Authentik(base, slug string, clients ...string) middleware.Issuer {
	f := &faults{function: "Authentik"}
	base, slug = f.baseBefore("base", base, "/application/o"), f.pathElement("slug", slug)
	return f.attach(middleware.Issuer{
		URL: base + "/application/o/" + slug + "/", Audiences: clients, Mark: "uid", ScopeClaims: []string{"groups"},
	})
}
