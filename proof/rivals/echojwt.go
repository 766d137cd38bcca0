package rivals

import (
	"context"
	"net/http"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

const echoJWTModule = "github.com/labstack/echo-jwt/v4"

// echoJWT follows the README of echo-jwt, "Usage": WithConfig, and in the
// handler the claims of the token under "user". The README has a SigningKey; for
// tokens "issued by an external party" the comment of Config.KeyFunc asks for a
// KeyFunc, here that of the README of keyfunc, "Basic usage", "Step 1". None of
// them names an issuer, an audience or scopes.
func echoJWT() rival {
	return rival{
		Name:    "labstack/echo-jwt with keyfunc",
		modules: []string{echoJWTModule, "github.com/labstack/echo/v4", golangJWTModule, keyfuncModule},
		SetUp: source(`README of echo-jwt, "Usage"`, echoJWTModule, "README.md#usage") + ", with a KeyFunc as the comment of Config.KeyFunc says: " +
			source(`README of keyfunc, "Basic usage", "Step 1"`, keyfuncModule, "README.md#basic-usage"),
		Given:   "keys; neither issuer nor audience, which those sections do not have; scope by hand",
		ownCode: []kind{scoping},
		newAPI: func(ctx context.Context, as *testserver.Server) (http.Handler, error) {
			k, err := keyfunc.NewDefaultCtx(ctx, []string{as.Endpoint(testserver.JWKS)})
			if err != nil {
				return nil, err
			}
			e := echo.New()
			e.Use(echojwt.WithConfig(echojwt.Config{KeyFunc: k.Keyfunc}))
			e.GET(path, func(c echo.Context) error {
				token, ok := c.Get("user").(*jwt.Token)
				if !ok {
					return echo.ErrUnauthorized
				}
				claims, ok := token.Claims.(jwt.MapClaims)
				if !ok || !hasScope(claims["scope"]) {
					return echo.ErrForbidden
				}
				orders(c.Response(), c.Request())
				return nil
			})
			return e, nil
		},
	}
}
