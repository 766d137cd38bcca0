package conformance_test

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/cases"
)

func newEcho(a cases.API) http.Handler {
	g := echoauth.Guard{Verifier: a.Verifier, ErrorBody: a.ErrorBody}
	handler := func(c echo.Context) error {
		return c.JSONBlob(http.StatusOK, a.Answer(c.Path(), echoauth.Token(c)))
	}
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		var refusal *middleware.Error
		a.Log.Info("error handler", "refused", errors.As(err, &refusal), "err", err)
		e.DefaultHTTPErrorHandler(err, c)
	}
	e.Any("/open", handler)
	e.Any("/any-token", handler, g.Require())
	e.Any("/read", handler, g.Require(cases.Read))
	e.Any("/twice", handler, g.Require(cases.Read), g.Require(cases.Read))
	e.Any("/either", handler, g.Require(cases.Either))
	e.Any("/needed", handler, echoauth.Require(a.Verifier, a.Need...))
	e.Any("/oneof", handler, g.Require(cases.OneOf))
	e.Any("/tenant", handler, g.Require(cases.Tenant))
	e.Any("/fresh", handler, g.Require(cases.Fresh))
	e.Any("/strong", handler, g.Require(cases.Strong))
	e.Any("/alternative", handler, g.Require(cases.StrongOrAdmin))
	e.Any(echoauth.Metadata(a.Verifier))
	checked := func(answer func(echo.Context, error) error) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := a.Check(echoauth.Token(c)); err != nil {
				return answer(c, err)
			}
			return handler(c)
		}
	}
	e.Any("/checked", checked(g.Answer), g.Require())
	e.Any("/returned", checked(func(_ echo.Context, err error) error { return err }), g.Require())
	e.Any("/failed", func(c echo.Context) error { return g.Answer(c, cases.ErrFailure) }, g.Require())
	e.Any("/optional", handler, g.Optional())
	e.Any("/labelled", handler, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set("Content-Type", "text/csv")
			c.Response().Header().Set("Cache-Control", "public, max-age=60")
			return next(c)
		}
	}, g.Require())

	nested := e.Group("/nested", g.Require(cases.Read))
	nested.Any("/route", handler, g.Require(cases.Write))

	strong := e.Group("/strong", g.Require(cases.Strong))
	strong.Any("/route", handler, g.Require(cases.Fresh, cases.Write))

	open := e.Group("/optional", g.Optional())
	open.Any("/read", handler, g.Require(cases.Read))
	return e
}
