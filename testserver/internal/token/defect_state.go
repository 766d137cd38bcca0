package token

import "github.com/bearerguard/bearerguard/internal/catalogue"

// stateDefects returns the defects that only introspection can reveal (RFC
// 7662).
func stateDefects() []Defect {
	return []Defect{{
		Name:  catalogue.Revoked,
		Wrong: "The token has been revoked, which the token itself does not show (RFC 7009 §2.1, RFC 7662 §2.2).",
		Fix:   "Introspect JWTs too if a revocation must take effect before they expire; refuse inactive tokens.",
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
		Wrong: "The opaque token has been revoked: introspection reports it as inactive (RFC 7662 §2.2).",
		Fix:   "Read active, and refuse the token unless it is present and true; status 200 does not mean that the token is active.",
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
		Wrong: "No server issued the opaque token: introspection reports it as inactive (RFC 7662 §2.2).",
		Fix:   "Refuse inactive tokens with 401; an unknown token is not a server error, so do not answer 500 or 503.",
		forge: func(f *forgery) (string, error) { return f.minter.Source.Handle("unknown opaque token"), f.Err() },
	}}
}
