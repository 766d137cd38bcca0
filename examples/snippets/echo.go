package snippets

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func newEcho(v *middleware.Verifier) http.Handler {
	e := echo.New()
	listOrders := func(c echo.Context) error { return c.String(http.StatusOK, echoauth.Token(c).Subject) }
	createOrder := listOrders

	orders := e.Group("/orders", echoauth.Require(v, scopes.All("orders:read")))
	orders.GET("", listOrders) // in it: echoauth.Token(c).Subject
	orders.POST("", createOrder, echoauth.Require(v, scopes.Any("orders:write", "admin")))

	return e
}
