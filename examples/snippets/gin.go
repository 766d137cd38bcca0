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

	r.GET("/orders", ginauth.Require(v, scopes.All("orders:read")), listOrders) // then ginauth.Token(c)

	admin := r.Group("/admin", ginauth.Require(v, scopes.All("orders:read")))
	admin.GET("/orders", listOrders)
	admin.POST("/orders", ginauth.Require(v, scopes.Any("orders:write", "admin")), createOrder) // the group also requires orders:read

	return r
}
