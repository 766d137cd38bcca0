package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Zitadel accepts the access tokens of a ZITADEL instance at domain. project is
// the ID of the API's project. The user's roles in the project are used as the
// scopes of the token, so that scopes.All("clerk") requires the role clerk. A
// role is accepted regardless of the organization that granted it. If the
// project is granted to other organizations, the API must check the
// organization in the roles claim. Applications must issue JWTs as access
// tokens and assert roles on authentication. Clients must request the scope
// urn:zitadel:iam:org:project:id:PROJECT:aud. Without this scope, aud lacks the
// project, and the token is refused. Personal access tokens are opaque: they
// need Issuer.Introspection.
func Zitadel(domain, project string) middleware.Issuer {
	f := &faults{function: "Zitadel"}
	domain = f.host("domain", domain)
	project = f.id("project", project, "", "218528353504723201, which is in the console under the project's name")
	return f.attach(middleware.Issuer{
		URL: "https://" + domain, Audiences: []string{project},
		ScopeClaims: []string{"keys:urn:zitadel:iam:org:project:" + project + ":roles"},
	})
}
