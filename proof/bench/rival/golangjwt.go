package rival

import (
	"context"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// GolangJWT follows the README of keyfunc, "Basic usage": it makes a Keyfunc
// for a URL, and then parses the token. GolangJWT adds the options of
// golang-jwt for the expected algorithm, issuer and audience, and the option
// that requires exp.
func GolangJWT() Rival {
	return golangJWT("", func(s Settings, k keyfunc.Keyfunc) Func {
		parser := golangJWTParser(s)
		return func(ctx context.Context, token string) error {
			_, err := parseGolangJWT(parser, s, token, k.KeyfuncCtx(ctx))
			return err
		}
	})
}

// GolangJWTPlain follows the README of keyfunc, "Basic usage", literally: it
// makes the Keyfunc of "Step 1", and passes it to jwt.Parse as in "Step 2",
// without options. The README of golang-jwt contains no set-up.
func GolangJWTPlain() Rival {
	return golangJWTMap(" without options", func(Settings) []jwt.ParserOption { return nil })
}

// GolangJWTStrict is GolangJWTPlain with the options of golang-jwt for
// algorithm, issuer, audience, exp, iat and strict decoding.
func GolangJWTStrict() Rival {
	return golangJWTMap(" with all options", func(s Settings) []jwt.ParserOption {
		return append(golangJWTOptions(s), jwt.WithIssuedAt(), jwt.WithStrictDecoding())
	})
}

// golangJWTMap parses tokens into MapClaims, the default of jwt.Parse.
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

// keysFor is like NewDefaultCtx in the README of keyfunc, but uses the client
// and the refresh interval of the settings. If the interval is 0, keyfunc
// renews the set every hour. A fetch has the timeout of keyfunc, one minute,
// instead of the timeout of the client.
func keysFor(ctx context.Context, s Settings) (keyfunc.Keyfunc, error) {
	return keyfunc.NewDefaultOverrideCtx(ctx, []string{s.JWKS}, keyfunc.Override{
		Client:          s.Client,
		RefreshInterval: s.TTL,
		// By default, keyfunc writes every failure to the terminal.
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

// golangJWTClaims holds the claims that a program reads.
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

// golangJWTScope returns the scope in the claims. If no claims type is
// configured, the claims are a map.
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
