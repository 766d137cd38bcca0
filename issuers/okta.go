package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Okta accepts the access tokens of a custom authorization server of Okta at
// domain, such as tenant.okta.com. server is the ID of the authorization
// server: "default", or an ID that begins with aus. ID tokens are refused
// because they lack the claim cid. Each authorization server has one audience,
// such as api://default for the server "default". All APIs that use this
// authorization server have the same audience, so require scopes.
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

// OktaOrg introspects the access tokens of the org authorization server of Okta
// at domain. These tokens are for Okta's own APIs, and only Okta can verify
// them. client must therefore query https://DOMAIN/oauth2/v1/introspect. The
// audience is https://DOMAIN for all clients of the org. Prefer a custom
// authorization server: see [Okta].
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
