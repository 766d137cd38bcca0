package main

import (
	"context"
	"log/slog"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
)

// bearerguard follows the package comments of middleware and jwks; all but the
// age of the key set is the default.
func bearerguard() rival {
	return rival{
		libraries: []library{{"Bearerguard", "github.com/bearerguard/bearerguard"}},
		open: func(_ context.Context, s settings) (verifier, error) {
			quiet := slog.New(slog.DiscardHandler)
			keys, err := jwks.Discover(s.issuer, jwks.Options{
				Client: s.client,
				Logger: quiet,
				MaxAge: s.ttl,
			})
			if err != nil {
				return nil, err
			}
			v, err := middleware.NewVerifier(middleware.Config{
				Audience: audience,
				Issuers:  []middleware.Issuer{{URL: s.issuer, Keys: keys}},
				Logger:   quiet,
			})
			if err != nil {
				return nil, err
			}
			return verify(func(ctx context.Context, token string) error {
				_, err := v.Verify(ctx, middleware.Credentials{Token: token})
				return err
			}), nil
		},
	}
}
