package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Okta is a custom authorization server of Okta at domain, such as
// tenant.okta.com. server is its ID: "default", or one that begins with aus. It
// accepts access tokens, which have cid. ID tokens do not. The audience is that
// of the authorization server, api://default for the server of that name. All
// APIs of one server share the audience, so require scopes.
func Okta(domain, server string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Okta"}
	domain = f.host("domain", domain)
	if server == "" {
		f.add("server is empty: give the ID of a custom authorization server, such as default, or use OktaOrg for the org server")
	} else {
		server = f.pathElement("server", server)
	}
	return f.attach(middleware.Issuer{
		URL: "https://" + domain + "/oauth2/" + server, Audiences: audiences,
		Mark: "cid", Types: []string{"okta-internal-at+jwt"}, ClientIDClaims: []string{"cid"},
	})
}

// OktaOrg is the org authorization server of Okta at domain. Its access tokens
// are for Okta's own APIs, and only Okta can verify them: client introspects
// each token at https://DOMAIN/oauth2/v1/introspect. The audience is
// https://DOMAIN for all clients of the org. Prefer a custom authorization
// server: see [Okta].
func OktaOrg(domain string, client *introspect.Client) middleware.Issuer {
	f := &faults{function: "OktaOrg"}
	url := "https://" + f.host("domain", domain)
	if strings.Contains(domain, "/oauth2/") {
		f.add("domain is %q: use Okta for a custom authorization server", domain)
	}
	return f.attach(middleware.Issuer{
		URL: url, Audiences: []string{url},
		Introspection: f.requireClient(client, "introspect.New"), IntrospectionMode: middleware.IntrospectAll,
	})
}
