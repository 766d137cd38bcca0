package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Descope accepts the session tokens of a Descope project. project is its ID.
// Tokens have no audience unless the project sets one. The verifier therefore
// relies on the keys, because each project has its own keys. The permissions in
// a token are used as its scopes. Refresh tokens are JWTs with the same issuer
// and keys, but are refused because of the value of their claim "drn". If a
// project is outside the United States, a different host serves its keys. For
// such a project, change Issuer.KeysURL and Issuer.Aliases.
func Descope(project string) middleware.Issuer {
	f := &faults{function: "Descope"}
	project = f.id("project", project, "P", "P2abcdefghijklmnopqrstuvwxyz")
	return f.attach(middleware.Issuer{
		URL: project, Aliases: []string{"https://api.descope.com/" + project}, KeysURL: "https://api.descope.com/v2/keys/" + project,
		Mark: "drn=DS", InsecureNoAudience: true, ScopeClaims: []string{"permissions"},
	})
}
