package issuers

import "github.com/bearerguard/bearerguard/middleware"

// SpringAS accepts the access tokens of a server that is built with Spring
// Authorization Server. issuer is the issuer of the server. aud is the ID of
// the client, so clients are the IDs of the clients that may call the API. A
// customizer of the server (OAuth2TokenCustomizer) can set another audience.
// Tokens without nbf, such as ID tokens, are refused, so a customizer must not
// remove nbf from access tokens.
func SpringAS(issuer string, clients ...string) middleware.Issuer {
	f := &faults{function: "SpringAS"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: clients, Mark: "nbf"})
}
