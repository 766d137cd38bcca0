package rival

import (
	"context"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// GolangJWT follows the README of keyfunc, "Basic usage": a Keyfunc for a URL,
// then Parse, here with the options of golang-jwt that name what is expected.
// NewDefaultOverrideCtx is NewDefaultCtx with a client and an interval of one's
// own; without one the set is renewed each hour. The timeout is a minute, which
// is keyfunc's and not the client's.
func GolangJWT() Rival {
	return Rival{
		libraries: []library{
			{"golang-jwt/jwt", "github.com/golang-jwt/jwt/v5"},
			{"MicahParks/keyfunc", "github.com/MicahParks/keyfunc/v3"},
		},
		Open: func(ctx context.Context, s Settings) (Verifier, error) {
			k, err := keysFor(ctx, s)
			if err != nil {
				return nil, err
			}
			parser := golangJWTParser(s)
			return Func(func(ctx context.Context, token string) error {
				_, err := parseGolangJWT(parser, s, token, k.KeyfuncCtx(ctx))
				return err
			}), nil
		},
	}
}

func keysFor(ctx context.Context, s Settings) (keyfunc.Keyfunc, error) {
	return keyfunc.NewDefaultOverrideCtx(ctx, []string{s.JWKS}, keyfunc.Override{
		Client:          s.Client,
		RefreshInterval: s.TTL,
		// The default writes every failure to the terminal.
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(context.Context, error) {}
		},
	})
}

func golangJWTParser(s Settings) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{s.Alg}),
		jwt.WithIssuer(s.Issuer),
		jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(),
	)
}

// golangJWTClaims are the claims that a program reads.
type golangJWTClaims struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

func parseGolangJWT(p *jwt.Parser, s Settings, token string, key jwt.Keyfunc) (*golangJWTClaims, error) {
	var claims golangJWTClaims
	if _, err := p.ParseWithClaims(token, &claims, key); err != nil {
		return nil, err
	}
	return &claims, s.allows(claims.Scope)
}
