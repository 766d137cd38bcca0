package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Descope takes the session tokens of a Descope project, by its ID. They name no
// audience unless the project sets one: the keys are those of the project.
// Permissions are the scopes. Refresh tokens are JWTs with the same issuer and keys,
// and are refused by drn. A project outside the United States has its keys at
// another host: change Issuer.KeysURL, and the alias too.
func Descope(project string) middleware.Issuer {
	f := &faults{function: "Descope"}
	project = f.id("project", project, "P", "P2abcdefghijklmnopqrstuvwxyz")
	return f.in(middleware.Issuer{
		URL: project, Aliases: []string{"https://api.descope.com/" + project}, KeysURL: "https://api.descope.com/v2/keys/" + project,
		Mark: "drn=DS", InsecureNoAudience: true, ScopeClaims: []string{"permissions"},
	})
}
