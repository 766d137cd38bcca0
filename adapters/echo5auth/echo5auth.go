package echo5auth

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Guard protects routes with a Verifier. [Require] and [Optional] are short
// for a Guard without an ErrorBody.
type Guard struct {
	Verifier *middleware.Verifier

	// ErrorBody replaces the JSON body of a refusal, for example by a problem
	// document (RFC 9457). Status and header fields stay as they are, so the
	// challenge cannot be lost. Echo's error handler is then called with the
	// response committed. nil leaves the body to that handler.
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
}

// Require returns a middleware that lets only requests pass with a valid token
// that meets all requirements. Without any, a valid token is enough. See
// [middleware.Verifier.Authorize] for routes within a protected group.
func Require(v *middleware.Verifier, need ...scopes.Requirement) echo.MiddlewareFunc {
	return Guard{Verifier: v}.Require(need...)
}

// Optional returns a middleware that lets requests pass without a token too, and refuses those whose token fails.
func Optional(v *middleware.Verifier) echo.MiddlewareFunc { return Guard{Verifier: v}.Optional() }

// Token returns the verified token of a request, or nil where none was
// required or sent.
func Token(c *echo.Context) *middleware.Token { return middleware.TokenFrom(c.Request().Context()) }

// Require is [Require] with g's settings.
func (g Guard) Require(need ...scopes.Requirement) echo.MiddlewareFunc {
	need = append([]scopes.Requirement(nil), need...) // a slice of the caller's may change
	return g.wrap(func(h http.Header, r *http.Request) (*http.Request, error) {
		return g.Verifier.Authorize(h, r, need...)
	})
}

// Optional is the function [Optional] with g's settings.
func (g Guard) Optional() echo.MiddlewareFunc { return g.wrap(g.Verifier.AuthorizeOptional) }

func (g Guard) wrap(authorize func(http.Header, *http.Request) (*http.Request, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			authorized, err := authorize(c.Response().Header(), c.Request())
			if err != nil {
				var refusal *middleware.Error
				errors.As(err, &refusal) // always: Authorize has no other error
				return g.refuse(c, refusal)
			}
			c.SetRequest(authorized)
			return next(c)
		}
	}
}

func (g Guard) refuse(c *echo.Context, e *middleware.Error) error {
	header := c.Response().Header()
	header.Del("Content-Type") // of a success; Echo would keep it
	if g.ErrorBody != nil {
		status := e.StatusCode() // whatever becomes of e
		contentType, body := g.ErrorBody(c.Request(), e)
		header.Set("Content-Length", strconv.Itoa(len(body))) // so that no error handler can add to the body
		_ = c.Blob(status, contentType, body)
	} else if response, err := echo.UnwrapResponse(c.Response()); err == nil && c.Request().Method == http.MethodHead {
		response.Before(func() { header.Set("Content-Type", cmp.Or(header.Get("Content-Type"), echo.MIMEApplicationJSON)) })
	}
	return e
}
