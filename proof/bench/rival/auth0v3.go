package rival

import (
	"context"
	"net/http"
	"net/url"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"
)

// Auth0v3 follows the README, "Production Example with JWKS and Auth0": a
// CachingProvider for the issuer, by default of 15 minutes, and a Validator.
func Auth0v3() Rival {
	return Rival{
		libraries: []library{{"auth0/go-jwt-middleware", "github.com/auth0/go-jwt-middleware/v3"}},
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			v, err := validatorV3(s)
			if err != nil {
				return nil, err
			}
			return Func(func(ctx context.Context, token string) error {
				verified, err := v.ValidateToken(ctx, token)
				if err != nil {
					return err
				}
				return s.allows(scopeV3(verified))
			}), nil
		},
	}
}

// auth0v3Middleware is the same example with its middleware, and the scope by hand.
func auth0v3Middleware() Protection {
	return Protection{
		Name: Auth0v3().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := validatorV3(s)
			if err != nil {
				return nil, err
			}
			m, err := jwtmiddleware.New(jwtmiddleware.WithValidator(v))
			if err != nil {
				return nil, err
			}
			scope := func(r *http.Request) string {
				verified, err := jwtmiddleware.GetClaims[*validator.ValidatedClaims](r.Context())
				if err != nil {
					return ""
				}
				return scopeV3(verified)
			}
			return routed(m.CheckJWT(s.scoped(scope, orders))), nil
		},
	}
}

func validatorV3(s Settings) (*validator.Validator, error) {
	const timeout = 30 * time.Second // of the provider's own client
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	options := []any{jwks.WithIssuerURL(issuer), jwks.WithCustomClient(s.Within(timeout))}
	if s.TTL > 0 {
		options = append(options, jwks.WithCacheTTL(s.TTL))
	}
	provider, err := jwks.NewCachingProvider(options...)
	if err != nil {
		return nil, err
	}
	return validator.New(
		validator.WithKeyFunc(provider.KeyFunc),
		validator.WithAlgorithm(validator.SignatureAlgorithm(s.Alg)),
		validator.WithIssuer(s.Issuer),
		validator.WithAudience(Audience),
		validator.WithCustomClaims(func() *claimsV3 { return &claimsV3{} }),
	)
}

// claimsV3 are what an API reads besides the registered claims.
type claimsV3 struct {
	Scope string `json:"scope"`
}

func (*claimsV3) Validate(context.Context) error { return nil }

func scopeV3(verified any) string {
	if all, ok := verified.(*validator.ValidatedClaims); ok {
		if own, ok := all.CustomClaims.(*claimsV3); ok {
			return own.Scope
		}
	}
	return ""
}
