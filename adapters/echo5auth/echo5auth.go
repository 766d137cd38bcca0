package echo5auth

import (
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Guard protects routes with a Verifier. The functions [Require] and [Optional]
// use a Guard without an ErrorBody.
type Guard struct {
	Verifier *middleware.Verifier

	// ErrorBody returns a body that replaces the JSON body of a refusal, for
	// example a problem document (RFC 9457). The function cannot change the
	// status or the challenge. The Guard writes the body before Echo calls its
	// error handler, so the error handler receives a committed response. If
	// ErrorBody is nil, Echo's error handler writes the body.
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
}

// Require returns a middleware that lets a request pass only if it has a valid
// token that meets all requirements. Without requirements, a valid token is
// enough. See [middleware.Verifier.Authorize] for routes within a protected
// group.
func Require(v *middleware.Verifier, need ...scopes.Requirement) echo.MiddlewareFunc {
	return Guard{Verifier: v}.Require(need...)
}

// Optional returns a middleware for routes that do not require a token. A
// request without a token passes, and [Token] returns nil for it. A request
// with an invalid token is refused.
func Optional(v *middleware.Verifier) echo.MiddlewareFunc { return Guard{Verifier: v}.Optional() }

// Token returns the verified token of a request, or nil if no token was sent or
// the route is not protected.
func Token(c *echo.Context) *middleware.Token { return middleware.TokenFrom(c.Request().Context()) }

// Require does the same as the function [Require], but uses g.Verifier and
// g.ErrorBody.
func (g Guard) Require(need ...scopes.Requirement) echo.MiddlewareFunc {
	need = append([]scopes.Requirement(nil), need...) // the caller may modify its slice
	return g.wrap(func(h http.Header, r *http.Request) (*http.Request, error) {
		return g.Verifier.Authorize(h, r, need...)
	})
}

// Optional does the same as the function [Optional], but uses g.Verifier and
// g.ErrorBody.
func (g Guard) Optional() echo.MiddlewareFunc { return g.wrap(g.Verifier.AuthorizeOptional) }

func (g Guard) wrap(authorize func(http.Header, *http.Request) (*http.Request, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			authorized, err := authorize(c.Response().Header(), c.Request())
			if err != nil {
				return g.refuse(c, middleware.Refusal(err))
			}
			c.SetRequest(authorized)
			return g.refused(c, next(c))
		}
	}
}
