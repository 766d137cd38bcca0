package migrate

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	jwt "github.com/appleboy/gin-jwt/v3"
	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/scopes"
)

// ginJWTBefore follows the README, "Supporting Multiple JWT Providers", with
// one provider.
func ginJWTBefore(ctx context.Context, s Settings) (http.Handler, error) {
	k, err := keyfunc.NewDefaultCtx(ctx, []string{s.JWKSURL})
	if err != nil {
		return nil, err
	}
	auth, err := jwt.New(&jwt.GinJWTMiddleware{
		KeyFunc:     k.Keyfunc,
		IdentityKey: "sub",
		Authorizer: func(c *gin.Context, _ any) bool {
			scope, _ := jwt.ExtractClaims(c)["scope"].(string)
			return slices.Contains(strings.Fields(scope), "orders:read")
		},
	})
	if err != nil {
		return nil, err
	}
	r := gin.New()
	r.GET("/orders", auth.MiddlewareFunc(), func(c *gin.Context) {
		writeOrders(c.Writer, c.MustGet("sub"))
	})
	return r, nil
}

func ginJWTAfter(_ context.Context, s Settings) (http.Handler, error) {
	v, err := newVerifier(s.Issuer)
	if err != nil {
		return nil, err
	}
	r := gin.New()
	r.GET("/orders", ginauth.Require(v, scopes.All("orders:read")), func(c *gin.Context) {
		writeOrders(c.Writer, ginauth.Token(c).Subject)
	})
	return r, nil
}
