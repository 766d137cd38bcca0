package recipes

import (
	"net/http"

	ginCORS "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
	echoMiddleware "github.com/labstack/echo/v4/middleware"
	"github.com/rs/cors"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

var (
	corsOrigins = []string{"https://shop.example.com"}
	corsMethods = []string{http.MethodGet, http.MethodPost}
	corsHeaders = []string{"Authorization", "Content-Type"}   // browsers do not apply * to Authorization
	corsExposed = []string{"WWW-Authenticate", "Retry-After"} // scripts can read these fields only if they are listed
)

// CORSHTTP returns an API on net/http that web pages of another origin can
// call.
func CORSHTTP(v *middleware.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /orders", httpauth.Require(v, scopes.All("orders:read"))(listOrders))
	return cors.New(cors.Options{
		AllowedOrigins: corsOrigins, AllowedMethods: corsMethods, AllowedHeaders: corsHeaders, ExposedHeaders: corsExposed,
	}).Handler(mux) // around all routes
}

// CORSEcho is CORSHTTP on Echo v4.
func CORSEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	e.Use(echoMiddleware.CORSWithConfig(echoMiddleware.CORSConfig{
		AllowOrigins: corsOrigins, AllowMethods: corsMethods, AllowHeaders: corsHeaders, ExposeHeaders: corsExposed,
	}))
	e.GET("/orders", echo.WrapHandler(listOrders), echoauth.Require(v, scopes.All("orders:read")))
	return e
}

// CORSGin is CORSHTTP on Gin.
func CORSGin(v *middleware.Verifier) http.Handler {
	r := gin.New()
	r.Use(ginCORS.New(ginCORS.Config{
		AllowOrigins: corsOrigins, AllowMethods: corsMethods, AllowHeaders: corsHeaders, ExposeHeaders: corsExposed,
	}))
	r.GET("/orders", ginauth.Require(v, scopes.All("orders:read")), gin.WrapH(listOrders))
	return r
}
