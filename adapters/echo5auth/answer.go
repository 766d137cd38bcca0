package echo5auth

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses the request that a handler is processing. Pass it the error
// that [middleware.Verifier.Check] returned. If err is nil or does not wrap a
// *middleware.Error, the status is 500. Answer sets the status, the challenge
// and the body, as Require does. The handler must return the error that Answer
// returns.
//
// A handler behind Require or Optional may return the error of Check without
// calling Answer. It must call Answer if another middleware handles errors
// before Require or Optional receives them.
func Answer(c *echo.Context, err error) error { return Guard{}.Answer(c, err) }

// answered is the key in the echo.Context that marks a request as refused.
const answered = "github.com/bearerguard/bearerguard/adapters/echo5auth"

// refused calls g.Answer if the error of a handler wraps a *middleware.Error.
// In these cases it returns the error unchanged instead:
//
//   - The error does not wrap a *middleware.Error.
//   - The error wraps an *echo.HTTPError.
//   - The request has already been refused.
//   - A response has already been written.
func (g Guard) refused(c *echo.Context, err error) error {
	if err == nil {
		return nil
	}
	var refusal *middleware.Error
	var own *echo.HTTPError
	response, _ := echo.UnwrapResponse(c.Response())
	if c.Get(answered) != nil || response != nil && response.Committed || errors.As(err, &own) || !errors.As(err, &refusal) {
		return err
	}
	return g.Answer(c, refusal)
}

// Answer does the same as the function [Answer], but uses g.ErrorBody.
func (g Guard) Answer(c *echo.Context, err error) error {
	e := middleware.Refusal(err)
	e.SetHeader(c.Response().Header())
	return g.refuse(c, e)
}

func (g Guard) refuse(c *echo.Context, e *middleware.Error) error {
	c.Set(answered, true)
	header := c.Response().Header()
	header.Del("Content-Type") // a handler may have set the type of a success response
	if g.ErrorBody != nil {
		status := e.StatusCode() // ErrorBody may modify e
		contentType, body := g.ErrorBody(c.Request(), e)
		header.Set("Content-Length", strconv.Itoa(len(body))) // makes net/http discard what an error handler appends
		_ = c.Blob(status, contentType, body)
	} else if response, err := echo.UnwrapResponse(c.Response()); err == nil && c.Request().Method == http.MethodHead {
		response.Before(func() { header.Set("Content-Type", cmp.Or(header.Get("Content-Type"), echo.MIMEApplicationJSON)) })
	}
	return e
}
