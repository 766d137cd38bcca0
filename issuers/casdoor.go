package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Casdoor is a Casdoor server at origin, and clients are the client IDs of the
// applications whose users may call the API. Refresh tokens are JWTs with the same
// issuer, keys and audience, and are refused by tokenType. The ID token of Casdoor is
// its access token. For the token format JWT-Custom choose TokenType as a token field,
// and set Issuer.Mark to TokenType=access-token. A token holds all that is known of the
// user: choose JWT-Empty or JWT-Custom if it is longer than Config.MaxTokenBytes.
func Casdoor(origin string, clients ...string) middleware.Issuer {
	f := &faults{function: "Casdoor"}
	return f.in(middleware.Issuer{URL: f.before("origin", origin, "/api"), Audiences: clients, Mark: "tokenType=access-token"})
}
