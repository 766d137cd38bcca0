package main

import (
	"context"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// golangJWT follows the README of keyfunc, "Basic usage": a Keyfunc for a URL,
// then Parse, here with the options of golang-jwt that name what is expected.
// NewDefaultOverrideCtx is NewDefaultCtx with a client and an interval of one's
// own; without one the set is renewed each hour. The timeout is a minute, which
// is keyfunc's and not the client's.
func golangJWT() rival {
	return rival{
		libraries: []library{
			{"golang-jwt/jwt", "github.com/golang-jwt/jwt/v5"},
			{"MicahParks/keyfunc", "github.com/MicahParks/keyfunc/v3"},
		},
		open: func(ctx context.Context, s settings) (verifier, error) {
			k, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{s.jwks}, keyfunc.Override{
				Client:          s.client,
				RefreshInterval: s.ttl,
				// The default writes every failure to the terminal.
				RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
					return func(context.Context, error) {}
				},
			})
			if err != nil {
				return nil, err
			}
			parser := jwt.NewParser(
				jwt.WithValidMethods([]string{"RS256"}),
				jwt.WithIssuer(s.issuer),
				jwt.WithAudience(audience),
				jwt.WithExpirationRequired(),
			)
			return verify(func(ctx context.Context, token string) error {
				_, err := parser.Parse(token, k.KeyfuncCtx(ctx))
				return err
			}), nil
		},
	}
}
