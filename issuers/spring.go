package issuers

import "github.com/bearerguard/bearerguard/middleware"

// SpringAS is a server made with Spring Authorization Server, by its issuer.
// aud is the ID of the client, so name the clients that may call the API. A
// customizer of the server (OAuth2TokenCustomizer) can set another audience.
// Access tokens have nbf, which ID tokens lack: a customizer must not take it
// away.
func SpringAS(issuer string, clients ...string) middleware.Issuer {
	f := &faults{function: "SpringAS"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: clients, Mark: "nbf"})
}
