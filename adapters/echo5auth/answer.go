package echo5auth

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses a request from within its handler. Call it with the error of
// [middleware.Verifier.Check]; for any other error, and for nil, the status is
// 500. Like Require, Answer sets status, challenge and body. The handler must
// return the error that Answer returns. Instead of calling Answer, a handler
// behind Require or Optional may return the error of Check, unless a middleware
// between them handles errors.
func Answer(c *echo.Context, err error) error { return Guard{}.Answer(c, err) }

// answered is the key that marks the context of a request that a Guard or
// Answer has refused.
const answered = "github.com/bearerguard/bearerguard/adapters/echo5auth"

// refused calls Answer if the handler returned a refusal and no response has
// been written yet. Otherwise it returns the handler's error.
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

// Answer is the function [Answer] with g's settings.
func (g Guard) Answer(c *echo.Context, err error) error {
	e := middleware.Refusal(err)
	e.SetHeader(c.Response().Header())
	return g.refuse(c, e)
}

func (g Guard) refuse(c *echo.Context, e *middleware.Error) error {
	c.Set(answered, true)
	header := c.Response().Header()
	header.Del("Content-Type") // may be set for a success response; Echo would keep it
	if g.ErrorBody != nil {
		status := e.StatusCode() // ErrorBody may modify e
		contentType, body := g.ErrorBody(c.Request(), e)
		header.Set("Content-Length", strconv.Itoa(len(body))) // prevents error handlers from adding to the body
		_ = c.Blob(status, contentType, body)
	} else if response, err := echo.UnwrapResponse(c.Response()); err == nil && c.Request().Method == http.MethodHead {
		response.Before(func() { header.Set("Content-Type", cmp.Or(header.Get("Content-Type"), echo.MIMEApplicationJSON)) })
	}
	return e
}
