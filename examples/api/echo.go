package main

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// newEcho returns the routes on Echo v4.
func newEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	get := func(path string, handler echo.HandlerFunc, m ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, handler, m...) // for HEAD, net/http leaves out the body
	}
	get("/public", reply(fine))
	get("/me", func(c echo.Context) error {
		return c.JSON(http.StatusOK, me(echoauth.Token(c)))
	}, echoauth.Require(v))
	get("/items", reply(stock), echoauth.Require(v, scopes.All("items:read")))
	e.POST("/items", reply(fine), echoauth.Require(v, scopes.All("items:write")))
	get("/admin", reply(fine), echoauth.Require(v, scopes.All("items:read", "items:write", "admin")))
	get("/any", reply(fine), echoauth.Require(v, scopes.Any("items:read", "admin")))
	get("/fresh", reply(fine), echoauth.Require(v, scopes.AuthWithin(5*time.Minute)))
	get("/mfa", reply(fine), echoauth.Require(v, scopes.ACR("urn:example:mfa")))
	e.Any(echoauth.Metadata(v))
	get("/healthz", func(c echo.Context) error {
		if v.Healthy() != nil {
			return c.JSON(http.StatusServiceUnavailable, unavailable)
		}
		return c.JSON(http.StatusOK, fine)
	})
	return e
}

func reply(body any) echo.HandlerFunc {
	return func(c echo.Context) error { return c.JSON(http.StatusOK, body) }
}
