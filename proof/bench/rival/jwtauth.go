package rival

import (
	"context"
	"net/http"

	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// JWTAuth follows the README of jwtauth: it calls New with a key. JWTAuth adds
// the options of jwx that state the required claims. jwtauth does not fetch
// keys.
func JWTAuth() Rival {
	return Rival{
		libraries: []library{{"go-chi/jwtauth", "github.com/go-chi/jwtauth/v5"}},
		how:       " (static key)",
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			a := newJWTAuth(s)
			return Func(func(_ context.Context, token string) error {
				verified, err := jwtauth.VerifyToken(a, token)
				if err != nil {
					return err
				}
				return s.allows(scopeOf(verified))
			}), nil
		},
	}
}

// jwtAuthMiddleware returns the README's chain of Verifier and Authenticator.
// The library does not check scopes, so jwtAuthMiddleware adds this check.
func jwtAuthMiddleware() Protection {
	return Protection{
		Name: JWTAuth().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			a := newJWTAuth(s)
			scope := func(r *http.Request) string {
				verified, _, err := jwtauth.FromContext(r.Context())
				if err != nil {
					return ""
				}
				return scopeOf(verified)
			}
			return routed(jwtauth.Verifier(a)(jwtauth.Authenticator(a)(s.scoped(scope, orders)))), nil
		},
	}
}

func scopeOf(t jwt.Token) string {
	scope, _ := t.Get("scope")
	text, _ := scope.(string)
	return text
}

func newJWTAuth(s Settings) *jwtauth.JWTAuth {
	return jwtauth.New(s.Alg, nil, s.Key, jwt.WithIssuer(s.Issuer), jwt.WithAudience(Audience), jwt.WithRequiredClaim("exp"))
}
