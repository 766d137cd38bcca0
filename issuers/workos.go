package issuers

import "github.com/bearerguard/bearerguard/middleware"

// WorkOS takes the session tokens of a WorkOS environment, by its client ID. They
// name no audience: the keys are those of the client, and no other tokens are signed
// with them. Permissions are the scopes. The issuer is that of the client, or that of
// all clients in older environments. An environment with a domain of its own has
// that in iss: add it to Issuer.Aliases.
func WorkOS(client string) middleware.Issuer {
	f := &faults{function: "WorkOS"}
	client = f.id("client", client, "client_", "client_01ABCDEF, from the page API Keys")
	return f.in(middleware.Issuer{
		URL: "https://api.workos.com/user_management/" + client, Aliases: []string{"https://api.workos.com"},
		KeysURL: "https://api.workos.com/sso/jwks/" + client, InsecureNoAudience: true, ScopeClaims: []string{"permissions"},
	})
}

// AuthKit takes the access tokens of a WorkOS AuthKit domain, such as
// acme.authkit.app, which is an authorization server for other applications (WorkOS
// Connect, MCP clients). The audience is the resource that clients ask for. Session
// tokens of one's own application have another issuer: see [WorkOS].
func AuthKit(domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "AuthKit"}
	return f.in(middleware.Issuer{URL: "https://" + f.host("domain", domain), Audiences: audiences})
}
