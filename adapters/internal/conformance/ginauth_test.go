package conformance_test

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/cases"
)

func newGin(a cases.API) http.Handler {
	g := ginauth.Guard{Verifier: a.Verifier, ErrorBody: a.ErrorBody}
	handler := func(c *gin.Context) {
		c.Data(http.StatusOK, "application/json", a.Answer(c.FullPath(), ginauth.Token(c)))
	}
	r := gin.New()
	r.Use(func(c *gin.Context) {
		c.Next()
		if last := c.Errors.Last(); last != nil {
			var refusal *middleware.Error
			a.Log.Info("logger", "refused", errors.As(last, &refusal), "errors", c.Errors.String())
		}
	})
	r.Any("/open", handler)
	r.Any("/any-token", g.Require(), handler)
	r.Any("/read", g.Require(cases.Read), handler)
	r.Any("/twice", g.Require(cases.Read), g.Require(cases.Read), handler)
	r.Any("/either", g.Require(cases.Either), handler)
	r.Any("/oneof", g.Require(cases.OneOf), handler)
	r.Any("/needed", ginauth.Require(a.Verifier, a.Need...), handler)
	r.Any("/tenant", g.Require(cases.Tenant), handler)
	r.Any("/fresh", g.Require(cases.Fresh), handler)
	r.Any("/strong", g.Require(cases.Strong), handler)
	r.Any("/alternative", g.Require(cases.StrongOrAdmin), handler)
	r.Any(ginauth.Metadata(a.Verifier))
	checked := func(c *gin.Context) {
		if err := a.Check(ginauth.Token(c)); err != nil {
			g.Answer(c, err)
			return
		}
		handler(c)
	}
	r.Any("/checked", g.Require(), checked)
	r.Any("/returned", g.Require(), checked)
	r.Any("/failed", g.Require(), func(c *gin.Context) { g.Answer(c, cases.ErrFailure) })
	r.Any("/optional", g.Optional(), handler)
	r.Any("/labelled", func(c *gin.Context) {
		c.Header("Content-Type", "text/csv")
		c.Header("Cache-Control", "public, max-age=60")
	}, g.Require(), handler)

	nested := r.Group("/nested", g.Require(cases.Read))
	nested.Any("/route", g.Require(cases.Write), handler)

	strong := r.Group("/strong", g.Require(cases.Strong))
	strong.Any("/route", g.Require(cases.Fresh, cases.Write), handler)

	open := r.Group("/optional", g.Optional())
	open.Any("/read", g.Require(cases.Read), handler)
	return r
}
