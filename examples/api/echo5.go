package main

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/adapters/echo5auth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// newEcho5 returns the routes on Echo v5.
func newEcho5(v *middleware.Verifier) http.Handler {
	e := echo.New()
	get := func(path string, handler echo.HandlerFunc, m ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handler, m...) // for HEAD, net/http leaves out the body
	}
	get("/public", reply5(fine))
	get("/me", func(c *echo.Context) error {
		return c.JSON(http.StatusOK, me(echo5auth.Token(c)))
	}, echo5auth.Require(v))
	get("/items", reply5(stock), echo5auth.Require(v, scopes.All("items:read")))
	e.POST("/items", reply5(fine), echo5auth.Require(v, scopes.All("items:write")))
	get("/admin", reply5(fine), echo5auth.Require(v, scopes.All("items:read", "items:write", "admin")))
	get("/any", reply5(fine), echo5auth.Require(v, scopes.Any("items:read", "admin")))
	get("/fresh", reply5(fine), echo5auth.Require(v, scopes.AuthWithin(5*time.Minute)))
	get("/mfa", reply5(fine), echo5auth.Require(v, scopes.ACR("urn:example:mfa")))
	e.Any(echo5auth.Metadata(v))
	get("/healthz", func(c *echo.Context) error {
		if v.Healthy() != nil {
			return c.JSON(http.StatusServiceUnavailable, unavailable)
		}
		return c.JSON(http.StatusOK, fine)
	})
	return e
}

func reply5(body any) echo.HandlerFunc {
	return func(c *echo.Context) error { return c.JSON(http.StatusOK, body) }
}
