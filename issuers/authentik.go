package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Authentik is an OAuth2 provider of authentik. slug is that of its
// application, and clients are the client IDs of such providers, which are the
// only audiences. Groups are the scopes. Access tokens have the claim uid,
// which ID tokens lack. The provider needs a signing key. Otherwise its tokens
// are signed with the client's secret: then set Issuer.Keys to jwks.Secret of
// that secret. Choose the issuer mode in which each provider has a different
// issuer.
func Authentik(base, slug string, clients ...string) middleware.Issuer {
	f := &faults{function: "Authentik"}
	base, slug = f.baseBefore("base", base, "/application/o"), f.pathElement("slug", slug)
	return f.attach(middleware.Issuer{
		URL: base + "/application/o/" + slug + "/", Audiences: clients, Mark: "uid", ScopeClaims: []string{"groups"},
	})
}
