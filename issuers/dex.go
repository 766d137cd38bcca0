package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Dex is a Dex server, by the issuer of its configuration. Its access tokens are ID
// tokens except for the hash in them, so ID tokens pass too, and clients are the
// static clients whose logins may call the API. Groups are the scopes. Token.ClientID
// is known only for tokens with azp, which those for several clients have.
func Dex(issuer string, clients ...string) middleware.Issuer {
	f := &faults{function: "Dex"}
	issuer = f.identifier(issuer)
	if len(clients) == 0 {
		f.add("clients is empty: name the clients of Dex whose logins may call the API")
	}
	return f.in(middleware.Issuer{URL: issuer, Audiences: clients, Purpose: middleware.IDTokens, ScopeClaims: []string{"groups"}})
}
