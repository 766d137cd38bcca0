package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Curity accepts the access tokens of a token service of a Curity Identity
// Server. issuer is the issuer in the metadata of the token service, such as
// https://id.example.com/oauth/v2/oauth-anonymous. By default, access tokens
// are opaque. There are three solutions: configure the service to issue JWTs,
// let a gateway exchange opaque tokens for JWTs (phantom tokens), or set
// Issuer.Introspection. ID tokens are refused because of the value of their
// claim "purpose".
func Curity(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Curity"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences, Mark: "purpose=access_token"})
}
