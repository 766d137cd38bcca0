package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Salesforce accepts the access tokens of a Salesforce org at domain, which is
// its My Domain, such as example.my.salesforce.com. It verifies JWTs, and
// introspects opaque tokens with client. If client is nil, opaque tokens are
// refused. A connected app must be configured to issue JWTs. apps are the
// consumer keys of the connected apps whose tokens are accepted. If client is
// not nil, apps must not be empty, because introspection responses have no aud.
// If client is nil and apps is empty, the verifier checks the aud of JWTs as
// usual.
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
