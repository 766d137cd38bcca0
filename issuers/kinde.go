package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Kinde is a Kinde business at a domain, such as acme.kinde.com or one of its own.
// The audience is that of an API registered there: aud is an empty array in tokens
// for an application that has no API, or whose client did not ask for it.
// Permissions are the scopes, which Kinde writes only into tokens of organisations.
func Kinde(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Kinde"}
	url := "https://" + f.host("domain", domain)
	return f.in(middleware.Issuer{
		URL: url, KeysURL: url + "/.well-known/jwks", Audiences: audiences,
		ScopeClaims: []string{"permissions"}, ClientIDClaims: []string{"azp"},
	})
}
