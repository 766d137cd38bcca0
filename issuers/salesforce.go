package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Salesforce is an org of Salesforce at domain, its My Domain such as
// example.my.salesforce.com. It accepts JWT access tokens, and introspects
// opaque ones with client. With a nil client opaque tokens are refused. apps
// are the consumer keys of the connected apps whose tokens are accepted.
// Without apps the audience is aud as usual: JWTs have it, but introspection
// responses do not. A connected app must be configured to issue JWTs.
func Salesforce(domain string, client *introspect.Client, apps ...string) middleware.Issuer {
	f := &faults{function: "Salesforce"}
	i := middleware.Issuer{URL: "https://" + f.host("domain", domain), Introspection: client}
	switch domain {
	case "login.salesforce.com", "test.salesforce.com":
		f.add("domain is %q: give My Domain, such as example.my.salesforce.com, as in tokens", domain)
	}
	if client != nil {
		i.OpaqueSyntax = middleware.VSCHAR
		f.nonEmpty("apps", apps, "consumer keys of connected apps, since opaque tokens have no audience")
	}
	return f.attach(withClientAudience(i, apps))
}
