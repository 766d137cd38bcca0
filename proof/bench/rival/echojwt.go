package rival

import (
	"context"
	"net/http"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
)

// EchoJWTPlain follows the README of echo-jwt, "Usage": it calls WithConfig,
// and the handler reads the claims of the token from the context value "user".
// The README sets SigningKey. EchoJWTPlain sets KeyFunc to a Keyfunc of package
// keyfunc instead. The comment of Config.KeyFunc says that a KeyFunc "can be
// useful if tokens are issued by an external party". Neither the README nor the
// comment configures an issuer or an audience.
func EchoJWTPlain() Protection {
	return echoJWT(" without options", func(_ Settings, k keyfunc.Keyfunc) echojwt.Config {
		return echojwt.Config{KeyFunc: k.Keyfunc}
	})
}

// echoJWTOptions sets Config.ParseTokenFunc of echo-jwt to a function that uses
// the options of golang-jwt.
func echoJWTOptions() Protection {
	return echoJWT("", func(s Settings, k keyfunc.Keyfunc) echojwt.Config {
		parser := golangJWTParser(s)
		return echojwt.Config{ParseTokenFunc: func(_ echo.Context, token string) (any, error) {
			return parser.ParseWithClaims(token, &golangJWTClaims{}, k.Keyfunc)
		}}
	})
}

// echoJWT returns the middleware of echo-jwt. The library does not check
// scopes, so echoJWT adds this check.
func echoJWT(how string, config func(Settings, keyfunc.Keyfunc) echojwt.Config) Protection {
	return Protection{
		Name: Rival{libraries: []library{{"Echo: echo-jwt", "github.com/labstack/echo-jwt/v4"}}, how: how}.String(),
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			k, err := keysFor(ctx, s)
			if err != nil {
				return nil, err
			}
			return echoAPI(echojwt.WithConfig(config(s, k)), func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c echo.Context) error {
					token, ok := c.Get("user").(*jwt.Token)
					if !ok || s.allows(golangJWTScope(token.Claims)) != nil {
						return echo.ErrForbidden
					}
					return next(c)
				}
			}), nil
		},
	}
}
