package main

import (
	"context"
	"net/url"
	"time"

	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"
)

// auth0v3 follows the README, "Production Example with JWKS and Auth0": a
// CachingProvider for the issuer, by default of 15 minutes, and a Validator.
func auth0v3() rival {
	const timeout = 30 * time.Second // of the provider's own client
	return rival{
		libraries: []library{{"auth0/go-jwt-middleware", "github.com/auth0/go-jwt-middleware/v3"}},
		open: func(_ context.Context, s settings) (verifier, error) {
			issuer, err := url.Parse(s.issuer)
			if err != nil {
				return nil, err
			}
			options := []any{jwks.WithIssuerURL(issuer), jwks.WithCustomClient(s.within(timeout))}
			if s.ttl > 0 {
				options = append(options, jwks.WithCacheTTL(s.ttl))
			}
			provider, err := jwks.NewCachingProvider(options...)
			if err != nil {
				return nil, err
			}
			v, err := validator.New(
				validator.WithKeyFunc(provider.KeyFunc),
				validator.WithAlgorithm(validator.RS256),
				validator.WithIssuer(s.issuer),
				validator.WithAudience(audience),
			)
			if err != nil {
				return nil, err
			}
			return verify(func(ctx context.Context, token string) error {
				_, err := v.ValidateToken(ctx, token)
				return err
			}), nil
		},
	}
}
