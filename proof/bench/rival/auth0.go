package rival

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	auth0v2 "github.com/auth0/go-jwt-middleware/v2"
	jwksv2 "github.com/auth0/go-jwt-middleware/v2/jwks"
	validatorv2 "github.com/auth0/go-jwt-middleware/v2/validator"
	auth0v3 "github.com/auth0/go-jwt-middleware/v3"
	jwksv3 "github.com/auth0/go-jwt-middleware/v3/jwks"
	validatorv3 "github.com/auth0/go-jwt-middleware/v3/validator"
)

// Auth0v2 follows the http-jwks-example, which is in the folder to which the
// README links: a CachingProvider that caches keys for five minutes, and a
// Validator for one algorithm, the issuer and the audience. The client of the
// example has no timeout.
func Auth0v2() Rival { return auth0("github.com/auth0/go-jwt-middleware/v2", newValidatorV2) }

// Auth0v3 follows the README, "Production Example with JWKS and Auth0": a
// CachingProvider for the issuer, which caches keys for 15 minutes by default,
// and a Validator.
func Auth0v3() Rival { return auth0("github.com/auth0/go-jwt-middleware/v3", newValidatorV3) }

// auth0Validator is implemented by the Validators of both versions.
type auth0Validator interface {
	ValidateToken(ctx context.Context, token string) (any, error)
}

// auth0 returns one version of the library. The library does not check scopes,
// so auth0 adds this check.
func auth0[V auth0Validator](module string, newValidator func(Settings) (V, error)) Rival {
	return Rival{
		libraries: []library{{"auth0/go-jwt-middleware", module}},
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			v, err := newValidator(s)
			if err != nil {
				return nil, err
			}
			return Func(func(ctx context.Context, token string) error {
				verified, err := v.ValidateToken(ctx, token)
				if err != nil {
					return err
				}
				return s.allows(auth0Scope(verified))
			}), nil
		},
	}
}

// Auth0v2Middleware follows the same example as Auth0v2, but uses the
// middleware of the library. The library does not check scopes, so
// Auth0v2Middleware adds this check.
func Auth0v2Middleware() Protection {
	return Protection{
		Name: Auth0v2().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := newValidatorV2(s)
			if err != nil {
				return nil, err
			}
			scope := func(r *http.Request) string { return auth0Scope(r.Context().Value(auth0v2.ContextKey{})) }
			return routed(auth0v2.New(v.ValidateToken).CheckJWT(s.scoped(scope, orders))), nil
		},
	}
}

// Auth0v3Middleware follows the same example as Auth0v3, but uses the
// middleware of the library. The library does not check scopes, so
// Auth0v3Middleware adds this check.
func Auth0v3Middleware() Protection {
	return Protection{
		Name: Auth0v3().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := newValidatorV3(s)
			if err != nil {
				return nil, err
			}
			m, err := auth0v3.New(auth0v3.WithValidator(v))
			if err != nil {
				return nil, err
			}
			scope := func(r *http.Request) string {
				verified, err := auth0v3.GetClaims[*validatorv3.ValidatedClaims](r.Context())
				if err != nil {
					return ""
				}
				return auth0Scope(verified)
			}
			return routed(m.CheckJWT(s.scoped(scope, orders))), nil
		},
	}
}

func newValidatorV2(s Settings) (*validatorv2.Validator, error) {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	provider := jwksv2.NewCachingProvider(issuer, cmp.Or(s.TTL, 5*time.Minute), jwksv2.WithCustomClient(s.Client))
	return validatorv2.New(provider.KeyFunc, validatorv2.SignatureAlgorithm(s.Alg), s.Issuer, []string{Audience},
		validatorv2.WithCustomClaims(func() validatorv2.CustomClaims { return new(auth0Claims) }))
}

func newValidatorV3(s Settings) (*validatorv3.Validator, error) {
	const timeout = 30 * time.Second // timeout of the provider's default client
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	options := []any{jwksv3.WithIssuerURL(issuer), jwksv3.WithCustomClient(s.Within(timeout))}
	if s.TTL > 0 {
		options = append(options, jwksv3.WithCacheTTL(s.TTL))
	}
	provider, err := jwksv3.NewCachingProvider(options...)
	if err != nil {
		return nil, err
	}
	return validatorv3.New(
		validatorv3.WithKeyFunc(provider.KeyFunc),
		validatorv3.WithAlgorithm(validatorv3.SignatureAlgorithm(s.Alg)),
		validatorv3.WithIssuer(s.Issuer),
		validatorv3.WithAudience(Audience),
		validatorv3.WithCustomClaims(func() *auth0Claims { return new(auth0Claims) }),
	)
}

// auth0Claims contains the claims that an API reads in addition to the
// registered claims.
type auth0Claims struct {
	Scope string `json:"scope"`
}

func (*auth0Claims) Validate(context.Context) error { return nil }

// auth0Scope returns the scope in the ValidatedClaims of either version.
func auth0Scope(verified any) string {
	var custom any
	switch all := verified.(type) {
	case *validatorv2.ValidatedClaims:
		custom = all.CustomClaims
	case *validatorv3.ValidatedClaims:
		custom = all.CustomClaims
	}
	if own, ok := custom.(*auth0Claims); ok {
		return own.Scope
	}
	return ""
}
