package main

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// newGin returns the routes on Gin.
func newGin(v *middleware.Verifier) http.Handler {
	gin.SetMode(gin.ReleaseMode) // debug mode, the default, prints the routes to standard output, which must contain only the address
	r := gin.New()
	r.HandleMethodNotAllowed = true // 405 instead of 404, as in the other frameworks
	get := func(path string, handlers ...gin.HandlerFunc) {
		r.Match([]string{http.MethodGet, http.MethodHead}, path, handlers...) // for HEAD, net/http leaves out the body
	}
	get("/public", send(fine))
	get("/me", ginauth.Require(v), func(c *gin.Context) {
		c.JSON(http.StatusOK, me(ginauth.Token(c)))
	})
	get("/items", ginauth.Require(v, scopes.All("items:read")), send(stock))
	r.POST("/items", ginauth.Require(v, scopes.All("items:write")), send(fine))
	get("/admin", ginauth.Require(v, scopes.All("items:read", "items:write", "admin")), send(fine))
	get("/any", ginauth.Require(v, scopes.Any("items:read", "admin")), send(fine))
	get("/fresh", ginauth.Require(v, scopes.AuthWithin(5*time.Minute)), send(fine))
	get("/mfa", ginauth.Require(v, scopes.ACR("urn:example:mfa")), send(fine))
	r.Any(ginauth.Metadata(v))
	get("/healthz", func(c *gin.Context) {
		if v.Healthy() != nil {
			c.JSON(http.StatusServiceUnavailable, unavailable)
			return
		}
		c.JSON(http.StatusOK, fine)
	})
	return r
}

func send(body any) gin.HandlerFunc {
	return func(c *gin.Context) { c.JSON(http.StatusOK, body) }
}
