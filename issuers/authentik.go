package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Authentik is an OAuth2 provider of authentik with the slug of its application,
// and clients are the client IDs of such providers: aud has no other audience.
// Groups are the scopes. Access tokens have the claim uid, which ID tokens lack.
// The provider needs a signing key, or its tokens are signed with the client's
// secret: then set Issuer.Keys to jwks.Secret of it. It must issue under an issuer of
// its own (issuer mode "each provider").
func Authentik(base, slug string, clients ...string) middleware.Issuer {
	f := &faults{function: "Authentik"}
	base, slug = f.before("base", base, "/application/o"), f.part("slug", slug)
	return f.in(middleware.Issuer{
		URL: base + "/application/o/" + slug + "/", Audiences: clients, Mark: "uid", ScopeClaims: []string{"groups"},
	})
}
