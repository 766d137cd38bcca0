package rival

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
)

// Auth0v2 follows the http-jwks-example to which the README leads: a
// CachingProvider of five minutes and a Validator for one algorithm, the issuer
// and the audience. Its client has no timeout.
func Auth0v2() Rival {
	return Rival{
		libraries: []library{{"auth0/go-jwt-middleware", "github.com/auth0/go-jwt-middleware/v2"}},
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			v, err := validatorV2(s)
			if err != nil {
				return nil, err
			}
			return Func(func(ctx context.Context, token string) error {
				verified, err := v.ValidateToken(ctx, token)
				if err != nil {
					return err
				}
				return s.allows(scopeV2(verified))
			}), nil
		},
	}
}

// auth0v2Middleware is the same example with its middleware, and the scope by hand.
func auth0v2Middleware() Protection {
	return Protection{
		Name: Auth0v2().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := validatorV2(s)
			if err != nil {
				return nil, err
			}
			scope := func(r *http.Request) string { return scopeV2(r.Context().Value(jwtmiddleware.ContextKey{})) }
			return routed(jwtmiddleware.New(v.ValidateToken).CheckJWT(s.scoped(scope, orders))), nil
		},
	}
}

func validatorV2(s Settings) (*validator.Validator, error) {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	provider := jwks.NewCachingProvider(issuer, cmp.Or(s.TTL, 5*time.Minute), jwks.WithCustomClient(s.Client))
	return validator.New(provider.KeyFunc, validator.SignatureAlgorithm(s.Alg), s.Issuer, []string{Audience},
		validator.WithCustomClaims(func() validator.CustomClaims { return &claimsV2{} }))
}

// claimsV2 are what an API reads besides the registered claims.
type claimsV2 struct {
	Scope string `json:"scope"`
}

func (*claimsV2) Validate(context.Context) error { return nil }

func scopeV2(verified any) string {
	if all, ok := verified.(*validator.ValidatedClaims); ok {
		if own, ok := all.CustomClaims.(*claimsV2); ok {
			return own.Scope
		}
	}
	return ""
}
