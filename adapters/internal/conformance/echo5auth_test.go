package conformance_test

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/adapters/echo5auth"
	"github.com/bearerguard/bearerguard/middleware"
)

func newEcho5(a api) http.Handler {
	g := echo5auth.Guard{Verifier: a.verifier, ErrorBody: a.errorBody}
	handler := func(c *echo.Context) error {
		return c.JSONBlob(http.StatusOK, a.answer(c.Path(), echo5auth.Token(c)))
	}
	e := echo.New()
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		var refusal *middleware.Error
		a.log.Info("error handler", "refused", errors.As(err, &refusal), "err", err)
		echo.DefaultHTTPErrorHandler(false)(c, err)
	}
	e.Any("/open", handler)
	e.Any("/any-token", handler, g.Require())
	e.Any("/read", handler, g.Require(read))
	e.Any("/twice", handler, g.Require(read), g.Require(read))
	e.Any("/either", handler, g.Require(either))
	e.Any("/oneof", handler, g.Require(oneOf))
	e.Any("/optional", handler, g.Optional())
	e.Any("/labelled", handler, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			c.Response().Header().Set("Content-Type", "text/csv")
			c.Response().Header().Set("Cache-Control", "public, max-age=60")
			return next(c)
		}
	}, g.Require())

	nested := e.Group("/nested", g.Require(read))
	nested.Any("/route", handler, g.Require(write))

	open := e.Group("/optional", g.Optional())
	open.Any("/read", handler, g.Require(read))
	return e
}
