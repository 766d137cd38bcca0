package main

import (
	"context"
	"time"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// jwx follows docs/04-jwk.md, the examples of jwk.Cache and jwk.CachedSet, and
// docs/01-jwt.md for Parse with a key set. Register waits for the first fetch.
// The second example has two intervals, which decide when the server says
// nothing; the defaults, of the first, are 15 minutes and 30 days.
func jwx() rival {
	const timeout = 30 * time.Second // of jwk.DefaultHTTPClient
	return rival{
		libraries: []library{{"lestrrat-go/jwx", "github.com/lestrrat-go/jwx/v3"}},
		open: func(ctx context.Context, s settings) (verifier, error) {
			cache, err := jwk.NewCache(ctx, httprc.NewClient())
			if err != nil {
				return nil, err
			}
			options := []jwk.RegisterOption{jwk.WithHTTPClient(jwk.WrapHTTPClientDefaults(s.within(timeout)))}
			if s.ttl > 0 {
				options = append(options, jwk.WithMinInterval(s.ttl), jwk.WithMaxInterval(s.ttl))
			}
			if err := cache.Register(ctx, s.jwks, options...); err != nil {
				return nil, err
			}
			keys, err := cache.CachedSet(s.jwks)
			if err != nil {
				return nil, err
			}
			return verify(func(ctx context.Context, token string) error {
				_, err := jwt.ParseString(token, jwt.WithKeySet(keys), jwt.WithContext(ctx),
					jwt.WithIssuer(s.issuer), jwt.WithAudience(audience), jwt.WithRequiredClaim("exp"))
				return err
			}), nil
		},
	}
}
