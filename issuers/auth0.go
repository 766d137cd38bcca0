package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Auth0 is a tenant of Auth0 at domain, such as tenant.eu.auth0.com or a domain of
// your own. It takes access tokens in either of Auth0's profiles for the API whose
// identifier is the audience. The API must be registered there, and clients must
// name it in the parameter audience. A client that names none receives an
// encrypted token that only Auth0 can read.
func Auth0(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Auth0"}
	url := "https://" + f.host("domain", domain) + "/"
	for _, audience := range audiences {
		if audience == url+"userinfo" || audience == url+"api/v2/" {
			f.add("audience is %q, which tokens for other APIs have too: give the identifier of the API", audience)
		}
	}
	return f.in(middleware.Issuer{URL: url, Audiences: audiences})
}

// Auth0RBAC takes the permissions of a tenant of [Auth0] for scopes, instead of the
// scopes. The API there must have Enable RBAC and Add Permissions in the Access
// Token. Without the latter no token has permissions, and each is refused where one
// is required.
func Auth0RBAC(i middleware.Issuer) middleware.Issuer {
	i.ScopeClaims = []string{"permissions"}
	return i
}
