package echoauth

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses a request from within its handler. Call it with the error of
// [middleware.Verifier.Check]; for any other error, nil included, the status is
// 500. Like Require, Answer sets status, challenge and body. The handler must
// return the result. Behind Require and Optional, a handler may also return the
// error of Check instead of calling Answer, unless a middleware in between
// handles errors.
func Answer(c echo.Context, err error) error { return Guard{}.Answer(c, err) }

// refused calls Answer if the error that a handler returned is a refusal for
// which no response has been written yet, and otherwise returns the error.
func (g Guard) refused(c echo.Context, err error) error {
	if err == nil {
		return nil
	}
	var refusal *middleware.Error
	var answered *echo.HTTPError
	if c.Response().Committed || errors.As(err, &answered) || !errors.As(err, &refusal) {
		return err
	}
	return g.Answer(c, refusal)
}

// Answer is the function [Answer] with g's settings.
func (g Guard) Answer(c echo.Context, err error) error {
	e := middleware.Refusal(err)
	e.SetHeader(c.Response().Header())
	return g.refuse(c, e)
}

func (g Guard) refuse(c echo.Context, e *middleware.Error) error {
	answer := echo.NewHTTPError(e.StatusCode(), e).SetInternal(e)
	header := c.Response().Header()
	header.Del("Content-Type") // set for a success; Echo would keep it
	if g.ErrorBody != nil {
		contentType, body := g.ErrorBody(c.Request(), e)
		header.Set("Content-Length", strconv.Itoa(len(body))) // so that no error handler can add to the body
		_ = c.Blob(answer.Code, contentType, body)
	} else if c.Request().Method == http.MethodHead {
		c.Response().Before(func() { header.Set("Content-Type", cmp.Or(header.Get("Content-Type"), echo.MIMEApplicationJSON)) })
	}
	return answer
}
