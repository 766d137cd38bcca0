package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Kinde accepts the access tokens of a Kinde business at domain, such as
// acme.kinde.com or a custom domain. audiences are the audiences of APIs that
// are registered at Kinde. If the application has no API, or the client did not
// request the audience, aud is an empty array. The permissions in a token are
// used as its scopes. Only tokens with an organization contain permissions.
func Kinde(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Kinde"}
	url := "https://" + f.host("domain", domain)
	return f.attach(middleware.Issuer{
		URL: url, KeysURL: url + "/.well-known/jwks", Audiences: audiences,
		ScopeClaims: []string{"permissions"}, ClientIDClaims: []string{"azp"},
	})
}
