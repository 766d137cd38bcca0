package token

import "github.com/bearerguard/bearerguard/internal/catalogue"

// stateDefects are tokens that only the server knows to be bad: an API learns
// it only by introspection (RFC 7662).
func stateDefects() []Defect {
	return []Defect{{
		Name:  catalogue.Revoked,
		Wrong: "The token has been revoked, which nobody can tell by looking at it (RFC 7009 §2.1, RFC 7662 §2.2).",
		Fix:   "Introspect JWTs as well, where a revocation must end them before they expire; refuse what is not active.",
		forge: func(f *forgery) (string, error) {
			token, err := f.token()
			if err != nil {
				return "", err
			}
			f.minter.Handles.Revoke(token)
			return token, nil
		},
	}, {
		Name:  catalogue.InactiveOpaque,
		Wrong: "The opaque token has been revoked: introspection says that it is not active (RFC 7662 §2.2).",
		Fix:   "Read active, and refuse the token unless it is there and is true; a 200 alone says nothing.",
		forge: func(f *forgery) (string, error) {
			f.Opaque = true
			token, err := f.token()
			if err != nil {
				return "", err
			}
			f.minter.Handles.Revoke(token)
			return token, nil
		},
	}, {
		Name:  catalogue.UnknownOpaque,
		Wrong: "No server issued the opaque token: introspection says that it is not active (RFC 7662 §2.2).",
		Fix:   "Refuse what is not active with 401; a token that nobody knows is no fault of the server's, and no 500 or 503.",
		forge: func(f *forgery) (string, error) { return f.minter.Source.Handle("unknown opaque token"), f.Err() },
	}}
}
