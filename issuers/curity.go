package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Curity is a token service of a Curity Identity Server. issuer is that in its
// metadata, such as https://id.example.com/oauth/v2/oauth-anonymous. The
// service must issue JWTs as access tokens. By default they are opaque: a
// gateway must exchange them for JWTs (phantom tokens), or they need
// Issuer.Introspection. ID tokens are refused by purpose.
func Curity(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Curity"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences, Mark: "purpose=access_token"})
}
