package rivals

import (
	"context"
	"net/http"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	golangJWTModule = "github.com/golang-jwt/jwt/v5"
	keyfuncModule   = "github.com/MicahParks/keyfunc/v3"
)

var ginModules = []string{"github.com/gin-gonic/gin", golangJWTModule, keyfuncModule}

// ginPlain follows the README of keyfunc, "Basic usage": NewDefaultCtx in "Step
// 1", jwt.Parse with the Keyfunc and nothing else in "Step 2". The README of
// golang-jwt has no set-up of its own. Gin's has none for tokens.
func ginPlain() rival {
	return rival{
		Name:    "Gin, golang-jwt and keyfunc",
		modules: ginModules,
		SetUp:   source(`README of keyfunc, "Basic usage", "Step 1" and "Step 2"`, keyfuncModule, "README.md#basic-usage"),
		Given:   "keys; neither issuer nor audience, which those sections do not have; header, refusals and scope by hand",
		ownCode: []kind{carrying, answering, scoping},
		newAPI: func(ctx context.Context, as *testserver.Server) (http.Handler, error) {
			return ginAPI(ctx, as)
		},
	}
}

// ginOptions is ginPlain with the checks that golang-jwt offers as options.
func ginOptions() rival {
	return rival{
		Name:    "the same, with parser options",
		modules: ginModules,
		SetUp: "as before, and WithValidMethods, WithIssuer, WithAudience, WithExpirationRequired, WithIssuedAt and WithStrictDecoding of " +
			source("golang-jwt", golangJWTModule, "parser_option.go"),
		Given:   "keys, issuer, audience, RS256; header, refusals and scope by hand",
		ownCode: []kind{carrying, answering, scoping},
		newAPI: func(ctx context.Context, as *testserver.Server) (http.Handler, error) {
			return ginAPI(ctx, as,
				jwt.WithValidMethods([]string{"RS256"}),
				jwt.WithIssuer(as.Issuer()),
				jwt.WithAudience(audience),
				jwt.WithExpirationRequired(),
				jwt.WithIssuedAt(),
				jwt.WithStrictDecoding(),
			)
		},
	}
}

func ginAPI(ctx context.Context, as *testserver.Server, opts ...jwt.ParserOption) (http.Handler, error) {
	k, err := keyfunc.NewDefaultCtx(ctx, []string{as.Endpoint(testserver.JWKS)})
	if err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode) // the other mode prints every route
	r := gin.New()
	r.Use(func(c *gin.Context) {
		signed, ok := bearer(c.Request)
		if !ok {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		parsed, err := jwt.Parse(signed, k.Keyfunc, opts...)
		if err != nil {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		if claims, ok := parsed.Claims.(jwt.MapClaims); !ok || !hasScope(claims["scope"]) {
			c.AbortWithStatus(http.StatusForbidden)
		}
	})
	r.GET(path, gin.WrapF(orders))
	return r, nil
}
