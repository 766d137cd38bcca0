package issuers

import "github.com/bearerguard/bearerguard/middleware"

// WorkOS accepts the session tokens of a WorkOS environment. client is the
// client ID of the environment. These tokens have no audience. The verifier
// therefore relies on the keys, because WorkOS has separate keys for each
// client. The permissions in a token are used as its scopes. The issuer
// contains the client ID. Older environments share the issuer
// https://api.workos.com, which is accepted too. If an environment has a custom
// domain, iss contains that domain: add the issuer with that domain to
// Issuer.Aliases.
func WorkOS(client string) middleware.Issuer {
	f := &faults{function: "WorkOS"}
	client = f.id("client", client, "client_", "client_01ABCDEF, from the page API Keys")
	return f.attach(middleware.Issuer{
		URL: "https://api.workos.com/user_management/" + client, Aliases: []string{"https://api.workos.com"},
		KeysURL: "https://api.workos.com/sso/jwks/" + client, InsecureNoAudience: true, ScopeClaims: []string{"permissions"},
	})
}

// AuthKit accepts the access tokens of a WorkOS AuthKit domain, such as
// acme.authkit.app. An AuthKit domain is an authorization server for other
// applications (WorkOS Connect, MCP clients). The audience is the resource that
// clients request. Session tokens have another issuer: see [WorkOS].
func AuthKit(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "AuthKit"}
	return f.attach(middleware.Issuer{URL: "https://" + f.host("domain", domain), Audiences: audiences})
}
