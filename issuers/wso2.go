package issuers

import "github.com/bearerguard/bearerguard/middleware"

// WSO2 accepts the access tokens of a WSO2 Identity Server at base, such as
// https://id.example.com:9443. For Asgardeo, base is
// https://api.asgardeo.io/t/ORGANIZATION. Set the access token type of the
// application to JWT; the default is opaque. The audience is the application's
// client ID, so clients are the client IDs of the applications that may call
// the API. An application can also add other audiences.
func WSO2(base string, clients ...string) middleware.Issuer {
	f := &faults{function: "WSO2"}
	return f.attach(middleware.Issuer{URL: f.baseBefore("base", base, "/oauth2/token") + "/oauth2/token", Audiences: clients})
}
