package rival

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
)

const echoJWTModule = "github.com/labstack/echo-jwt/v4"

// golangJWTMiddleware is GolangJWT in a handler, which the libraries leave to
// their users.
func golangJWTMiddleware() Protection {
	return Protection{
		Name: GolangJWT().String() + " by hand",
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			v, err := GolangJWT().Open(ctx, s)
			if err != nil {
				return nil, err
			}
			return routed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
				if !ok || v.Verify(r.Context(), token) != nil {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				orders.ServeHTTP(w, r)
			})), nil
		},
	}
}

// ginJWT is the same for Gin.
func ginJWT() Protection {
	return Protection{
		Name: "Gin: " + GolangJWT().String() + " by hand",
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			v, err := GolangJWT().Open(ctx, s)
			if err != nil {
				return nil, err
			}
			return ginAPI(func(c *gin.Context) {
				token, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
				if !ok || v.Verify(c.Request.Context(), token) != nil {
					c.AbortWithStatus(http.StatusUnauthorized)
				}
			}), nil
		},
	}
}

// echoJWT follows the README of echo-jwt, "Usage", and the comment of
// Config.ParseTokenFunc for tokens "issued by an external party", with the options
// of golang-jwt.
func echoJWT() Protection {
	return Protection{
		Name: Rival{libraries: []library{{"Echo: echo-jwt", echoJWTModule}}}.String(),
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			k, err := keysFor(ctx, s)
			if err != nil {
				return nil, err
			}
			parser := golangJWTParser(s)
			check := echojwt.WithConfig(echojwt.Config{ParseTokenFunc: func(_ echo.Context, token string) (any, error) {
				return parser.ParseWithClaims(token, &golangJWTClaims{}, k.Keyfunc)
			}})
			return echoAPI(check, func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c echo.Context) error {
					token, _ := c.Get("user").(*jwt.Token)
					if claims, ok := token.Claims.(*golangJWTClaims); !ok || s.allows(claims.Scope) != nil {
						return echo.ErrForbidden
					}
					return next(c)
				}
			}), nil
		},
	}
}
