package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Dex accepts the tokens of a Dex server. issuer is the issuer in its
// configuration. Access tokens and ID tokens of Dex differ only in the values
// of hashes, so ID tokens are accepted too. clients are the static clients
// whose users may call the API. The user's groups are used as the scopes of the
// token. Dex sets azp only in tokens for several clients. For all other tokens,
// Token.ClientID is empty.
func Dex(issuer string, clients ...string) middleware.Issuer {
	f := &faults{function: "Dex"}
	issuer = f.identifier(issuer)
	if len(clients) == 0 {
		f.add("clients is empty: give the clients of Dex whose users may call the API")
	}
	return f.attach(middleware.Issuer{URL: issuer, Audiences: clients, Purpose: middleware.IDTokens, ScopeClaims: []string{"groups"}})
}
