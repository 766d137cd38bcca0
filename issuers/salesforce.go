package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Salesforce is an org of Salesforce at domain, its My Domain such as
// example.my.salesforce.com. It takes JWT access tokens, and asks client about opaque
// ones; a nil client refuses these. apps are the consumer keys of the connected apps
// whose tokens are accepted. Without apps the audience is aud as usual, which JWTs
// have, but no answer about an opaque token. A connected app must be configured to
// issue JWTs.
func Salesforce(domain string, client *introspect.Client, apps ...string) middleware.Issuer {
	f := &faults{function: "Salesforce"}
	i := middleware.Issuer{URL: "https://" + f.host("domain", domain), Introspection: client}
	switch domain {
	case "login.salesforce.com", "test.salesforce.com":
		f.add("domain is %q: give My Domain such as example.my.salesforce.com, which tokens name", domain)
	}
	if client != nil {
		i.OpaqueSyntax = middleware.VSCHAR
		f.some("apps", apps, "consumer keys of connected apps, since an opaque token does not name its audience")
	}
	return f.in(ofClients(i, apps))
}
