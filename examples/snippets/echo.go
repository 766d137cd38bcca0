package snippets

import (
	"net/http"

	"github.com/labstack/echo/v4"
	echomw "github.com/labstack/echo/v4/middleware"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func newEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	listOrders := func(c echo.Context) error { return c.String(http.StatusOK, echoauth.Token(c).Subject) }
	createOrder := listOrders

	e.Use(echomw.CORS())
	e.GET("/orders", listOrders, echoauth.Require(v, scopes.All("orders:read"))) // then echoauth.Token(c)

	admin := e.Group("/admin", echoauth.Require(v, scopes.All("orders:read")))
	admin.GET("/orders", listOrders)
	admin.POST("/orders", createOrder, echoauth.Require(v, scopes.Any("orders:write", "admin"))) // the group also requires orders:read

	return e
}
