package conformance_test

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/middleware"
)

func newGin(a api) http.Handler {
	g := ginauth.Guard{Verifier: a.verifier, ErrorBody: a.errorBody}
	handler := func(c *gin.Context) {
		c.Data(http.StatusOK, "application/json", a.answer(c.FullPath(), ginauth.Token(c)))
	}
	r := gin.New()
	r.Use(func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil {
			var refusal *middleware.Error
			a.log.Info("logger", "refused", errors.As(last, &refusal), "errors", c.Errors.String())
		}
	})
	r.Any("/open", handler)
	r.Any("/any-token", g.Require(), handler)
	r.Any("/read", g.Require(read), handler)
	r.Any("/twice", g.Require(read), g.Require(read), handler)
	r.Any("/either", g.Require(either), handler)
	r.Any("/oneof", g.Require(oneOf), handler)
	r.Any("/optional", g.Optional(), handler)
	r.Any("/labelled", func(c *gin.Context) {
		c.Header("Content-Type", "text/csv")
		c.Header("Cache-Control", "public, max-age=60")
	}, g.Require(), handler)

	nested := r.Group("/nested", g.Require(read))
	nested.Any("/route", g.Require(write), handler)

	open := r.Group("/optional", g.Optional())
	open.Any("/read", g.Require(read), handler)
	return r
}
