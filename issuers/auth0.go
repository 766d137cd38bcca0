package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Auth0 is a tenant of Auth0 at domain, such as tenant.eu.auth0.com or a custom
// domain. It accepts access tokens in both of Auth0's profiles for the API
// whose identifier is the audience. The API must be registered there, and
// clients must send its identifier in the parameter audience. Without that
// parameter, a client receives an encrypted token that only Auth0 can read.
func Auth0(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Auth0"}
	url := "https://" + f.host("domain", domain) + "/"
	for _, audience := range audiences {
		if audience == url+"userinfo" || audience == url+"api/v2/" {
			f.add("audience is %q, which is also in tokens for other APIs: give the identifier of the API", audience)
		}
	}
	return f.attach(middleware.Issuer{URL: url, Audiences: audiences})
}

// Auth0RBAC uses permissions as scopes for a tenant of [Auth0], instead of its
// scopes. Enable RBAC and Add Permissions in the Access Token must be turned on
// for the API. Without the latter tokens have no permissions, and routes that
// require one refuse them.
func Auth0RBAC(i middleware.Issuer) middleware.Issuer {
	i.ScopeClaims = []string{"permissions"}
	return i
}
