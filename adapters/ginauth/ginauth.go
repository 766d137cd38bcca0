package ginauth

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Guard protects routes with a Verifier. [Require] and [Optional] are short
// for a Guard without an ErrorBody.
type Guard struct {
	Verifier *middleware.Verifier

	// ErrorBody replaces the JSON body of a refusal, for example by a problem
	// document (RFC 9457). Status and header fields stay as they are, so the
	// challenge cannot be lost. nil writes {"error","error_description"}. If it
	// returns a nil body, the body is left to a middleware of the application
	// that looks at c.Errors, where the *middleware.Error is.
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
}

// Require returns a handler that lets only requests pass with a valid token
// that meets all requirements. Without any, a valid token is enough. See
// [middleware.Verifier.Authorize] for routes within a protected group.
func Require(v *middleware.Verifier, need ...scopes.Requirement) gin.HandlerFunc {
	return Guard{Verifier: v}.Require(need...)
}

// Optional returns a handler that also lets requests pass without a token;
// [Token] is then nil. A token that fails is refused all the same.
func Optional(v *middleware.Verifier) gin.HandlerFunc { return Guard{Verifier: v}.Optional() }

// Token returns the verified token of a request, or nil where none was
// required or sent.
func Token(c *gin.Context) *middleware.Token { return middleware.TokenFrom(c.Request.Context()) }

// Require is the function [Require] with g's settings.
func (g Guard) Require(need ...scopes.Requirement) gin.HandlerFunc {
	need = append([]scopes.Requirement(nil), need...) // the caller may modify its slice
	return g.wrap(func(h http.Header, r *http.Request) (*http.Request, error) {
		return g.Verifier.Authorize(h, r, need...)
	})
}

// Optional is the function [Optional] with g's settings.
func (g Guard) Optional() gin.HandlerFunc { return g.wrap(g.Verifier.AuthorizeOptional) }

func (g Guard) wrap(authorize func(http.Header, *http.Request) (*http.Request, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		authorized, err := authorize(c.Writer.Header(), c.Request)
		if err != nil {
			g.refuse(c, middleware.Refusal(err))
			return
		}
		c.Request = authorized
	}
}
