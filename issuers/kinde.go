package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Kinde is a Kinde business at a domain, such as acme.kinde.com or a custom
// one. The audience is that of an API registered there: aud is an empty array
// if the application has no API or the client did not request the audience.
// Permissions are the scopes, which only tokens with an organization contain.
func Kinde(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Kinde"}
	url := "https://" + f.host("domain", domain)
	return f.attach(middleware.Issuer{
		URL: url, KeysURL: url + "/.well-known/jwks", Audiences: audiences,
		ScopeClaims: []string{"permissions"}, ClientIDClaims: []string{"azp"},
	})
}
