package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Auth0 accepts the access tokens of an Auth0 tenant, in both of Auth0's token
// profiles. domain is the domain of the tenant, such as tenant.eu.auth0.com, or
// a custom domain. The audience is the identifier of the API, which must be
// registered at Auth0. Clients must send this identifier in the request
// parameter audience. Without that parameter, a client receives an encrypted
// token that only Auth0 can read.
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

// Auth0RBAC makes an issuer of [Auth0] use the permissions of a token as its
// scopes. In Auth0's settings of the API, turn on "Enable RBAC" and "Add
// Permissions in the Access Token". Without the second setting, tokens have no
// permissions, and routes that require a permission refuse the tokens.
func Auth0RBAC(i middleware.Issuer) middleware.Issuer {
	i.ScopeClaims = []string{"permissions"}
	return i
}
