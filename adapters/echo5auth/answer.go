package echo5auth

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses a request from within its handler. Pass it the error that
// [middleware.Verifier.Check] returned. For any other error, and for nil, the
// status is 500. Answer sets status, challenge and body, as Require does. The
// handler must return the error that Answer returns.
//
// Behind Require or Optional, the handler may return the error of Check
// directly, without Answer. This works unless a middleware between Require or
// Optional and the handler handles errors itself.
func Answer(c *echo.Context, err error) error { return Guard{}.Answer(c, err) }

// answered is the key that marks the context of a request that a Guard or
// Answer has refused.
const answered = "github.com/bearerguard/bearerguard/adapters/echo5auth"

// refused turns the error of a handler into a response if the error is a
// refusal. It returns any other error unchanged. It also returns err unchanged
// if a response has already been written, or if err contains an echo.HTTPError.
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
