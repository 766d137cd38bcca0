package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Casdoor accepts the tokens of a Casdoor server at origin. clients are the
// client IDs of the applications whose users may call the API. Refresh tokens
// are JWTs with the same issuer, keys and audience, but are refused because of
// their tokenType. In Casdoor, one token serves as both ID token and access
// token. For the token format JWT-Custom, add the token field TokenType, and
// set Issuer.Mark to TokenType=access-token. Tokens contain all data of the
// user: choose JWT-Empty or JWT-Custom if tokens exceed Config.MaxTokenBytes.
func Casdoor(origin string, clients ...string) middleware.Issuer {
	f := &faults{function: "Casdoor"}
	return f.attach(middleware.Issuer{URL: f.baseBefore("origin", origin, "/api"), Audiences: clients, Mark: "tokenType=access-token"})
}
