package main

import (
	"cmp"
	"context"
	"net/url"
	"time"

	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
)

// auth0v2 follows the http-jwks-example to which the README leads: a
// CachingProvider of five minutes and a Validator for one algorithm, the issuer
// and the audience. Its client has no timeout.
func auth0v2() rival {
	return rival{
		libraries: []library{{"auth0/go-jwt-middleware", "github.com/auth0/go-jwt-middleware/v2"}},
		open: func(_ context.Context, s settings) (verifier, error) {
			issuer, err := url.Parse(s.issuer)
			if err != nil {
				return nil, err
			}
			provider := jwks.NewCachingProvider(issuer, cmp.Or(s.ttl, 5*time.Minute), jwks.WithCustomClient(s.client))
			v, err := validator.New(provider.KeyFunc, validator.RS256, s.issuer, []string{audience})
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
