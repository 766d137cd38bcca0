package rival

import (
	"context"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// GolangJWT follows the README of keyfunc, "Basic usage": a Keyfunc for a URL,
// then Parse, here with the options of golang-jwt that name what is expected.
func GolangJWT() Rival {
	return golangJWT("", func(s Settings, k keyfunc.Keyfunc) Func {
		parser := golangJWTParser(s)
		return func(ctx context.Context, token string) error {
			_, err := parseGolangJWT(parser, s, token, k.KeyfuncCtx(ctx))
			return err
		}
	})
}

// GolangJWTPlain is that section to the letter: jwt.Parse with the Keyfunc of
// "Step 1" and nothing else in "Step 2". The README of golang-jwt has no set-up
// of its own.
func GolangJWTPlain() Rival {
	return golangJWTMap(" without options", func(Settings) []jwt.ParserOption { return nil })
}

// GolangJWTStrict is GolangJWTPlain with every check that golang-jwt offers as
// an option.
func GolangJWTStrict() Rival {
	return golangJWTMap(" with all options", func(s Settings) []jwt.ParserOption {
		return append(golangJWTOptions(s), jwt.WithIssuedAt(), jwt.WithStrictDecoding())
	})
}

// golangJWTMap parses into the claims that jwt.Parse has by default.
func golangJWTMap(how string, options func(Settings) []jwt.ParserOption) Rival {
	return golangJWT(how, func(s Settings, k keyfunc.Keyfunc) Func {
		return func(_ context.Context, token string) error {
			parsed, err := jwt.Parse(token, k.Keyfunc, options(s)...)
			if err != nil {
				return err
			}
			return s.allows(golangJWTScope(parsed.Claims))
		}
	})
}

func golangJWT(how string, verifier func(Settings, keyfunc.Keyfunc) Func) Rival {
	return Rival{
		libraries: []library{
			{"golang-jwt/jwt", "github.com/golang-jwt/jwt/v5"},
			{"MicahParks/keyfunc", "github.com/MicahParks/keyfunc/v3"},
		},
		how: how,
		Open: func(ctx context.Context, s Settings) (Verifier, error) {
			k, err := keysFor(ctx, s)
			if err != nil {
				return nil, err
			}
			return verifier(s, k), nil
		},
	}
}

// keysFor is NewDefaultCtx, "Step 1", with a client and an interval of one's
// own; without one the set is renewed each hour. The timeout is a minute, which
// is keyfunc's and not the client's.
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

func golangJWTParser(s Settings) *jwt.Parser { return jwt.NewParser(golangJWTOptions(s)...) }

func golangJWTOptions(s Settings) []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithValidMethods([]string{s.Alg}),
		jwt.WithIssuer(s.Issuer),
		jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(),
	}
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

// golangJWTScope reads golangJWTClaims or, where nothing is configured, a map.
func golangJWTScope(claims jwt.Claims) string {
	switch claims := claims.(type) {
	case *golangJWTClaims:
		return claims.Scope
	case jwt.MapClaims:
		scope, _ := claims["scope"].(string)
		return scope
	}
	return ""
}
