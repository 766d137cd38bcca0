package migrate

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/scopes"
)

// echoJWTBefore follows the README, "Usage". It sets a KeyFunc, because the
// comment of Config.KeyFunc recommends this for tokens of an external party.
func echoJWTBefore(ctx context.Context, s Settings) (http.Handler, error) {
	k, err := keyfunc.NewDefaultCtx(ctx, []string{s.JWKSURL})
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Use(echojwt.WithConfig(echojwt.Config{KeyFunc: k.Keyfunc}))
	e.GET("/orders", func(c echo.Context) error {
		claims := c.Get("user").(*jwt.Token).Claims.(jwt.MapClaims)
		scope, _ := claims["scope"].(string)
		if !slices.Contains(strings.Fields(scope), "orders:read") {
			return echo.ErrForbidden
		}
		writeOrders(c.Response(), claims["sub"])
		return nil
	})
	return e, nil
}

func echoJWTAfter(_ context.Context, s Settings) (http.Handler, error) {
	v, err := newVerifier(s.Issuer)
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.GET("/orders", func(c echo.Context) error {
		writeOrders(c.Response(), echoauth.Token(c).Subject)
		return nil
	}, echoauth.Require(v, scopes.All("orders:read")))
	return e, nil
}
