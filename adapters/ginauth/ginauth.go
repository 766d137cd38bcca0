package ginauth

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Guard protects routes with a Verifier. The functions [Require] and [Optional]
// use a Guard without an ErrorBody.
type Guard struct {
	Verifier *middleware.Verifier

	// ErrorBody returns a body that replaces the JSON body of a refusal, for
	// example a problem document (RFC 9457). The function cannot change the
	// status or the challenge. If ErrorBody is nil, the body is
	// {"error","error_description"}. If ErrorBody returns a nil body, a
	// middleware of the application must write the body. That middleware finds
	// the *middleware.Error in c.Errors.
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
}

// Require returns a handler that lets a request pass only if it has a valid
// token that meets all requirements. Without requirements, a valid token is
// enough. See [middleware.Verifier.Authorize] for routes within a protected
// group.
func Require(v *middleware.Verifier, need ...scopes.Requirement) gin.HandlerFunc {
	return Guard{Verifier: v}.Require(need...)
}

// Optional returns a handler for routes that do not require a token. A request
// without a token passes, and [Token] returns nil for it. A request with an
// invalid token is refused.
func Optional(v *middleware.Verifier) gin.HandlerFunc { return Guard{Verifier: v}.Optional() }

// Token returns the verified token of a request, or nil if no token was sent or
// the route is not protected.
func Token(c *gin.Context) *middleware.Token { return middleware.TokenFrom(c.Request.Context()) }

// Require does the same as the function [Require], but uses g.Verifier and
// g.ErrorBody.
func (g Guard) Require(need ...scopes.Requirement) gin.HandlerFunc {
	need = append([]scopes.Requirement(nil), need...) // the caller may modify its slice
	return g.wrap(func(h http.Header, r *http.Request) (*http.Request, error) {
		return g.Verifier.Authorize(h, r, need...)
	})
}

// Optional does the same as the function [Optional], but uses g.Verifier and
// g.ErrorBody.
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
