package snippets

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func newGin(v *middleware.Verifier) http.Handler {
	r := gin.New()
	listOrders := func(c *gin.Context) { c.String(http.StatusOK, ginauth.Token(c).Subject) }
	createOrder := listOrders

	orders := r.Group("/orders", ginauth.Require(v, scopes.All("orders:read")))
	orders.GET("", listOrders) // in it: ginauth.Token(c).Subject
	orders.POST("", ginauth.Require(v, scopes.Any("orders:write", "admin")), createOrder)

	return r
}
