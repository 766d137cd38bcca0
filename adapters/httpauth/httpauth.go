package httpauth

import (
	"net/http"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Guard protects handlers with a Verifier. The functions [Require] and
// [Optional] use a Guard without an ErrorBody.
type Guard struct {
	Verifier *middleware.Verifier

	// ErrorBody returns a body that replaces the JSON body of a refusal, for
	// example a problem document (RFC 9457). The function cannot change the
	// status or the challenge. If ErrorBody is nil, the body is
	// {"error","error_description"}.
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
}

// Require returns a function that protects a handler. The handler then runs
// only for a request with a valid token that meets all requirements. Without
// requirements, a valid token is enough. See [middleware.Verifier.Authorize]
// for nested routes.
func Require(v *middleware.Verifier, need ...scopes.Requirement) func(http.Handler) http.Handler {
	return Guard{Verifier: v}.Require(need...)
}

// Optional returns a function that protects a handler which does not require a
// token. The handler also runs for a request without a token, and [Token] then
// returns nil. A request with an invalid token is refused.
func Optional(v *middleware.Verifier) func(http.Handler) http.Handler {
	return Guard{Verifier: v}.Optional()
}

// Token returns the verified token of a request, or nil if no token was sent or
// the route is not protected.
func Token(r *http.Request) *middleware.Token { return middleware.TokenFrom(r.Context()) }

// Require does the same as the function [Require], but uses g.Verifier and
// g.ErrorBody.
func (g Guard) Require(need ...scopes.Requirement) func(http.Handler) http.Handler {
	need = append([]scopes.Requirement(nil), need...) // the caller may modify its slice
	return g.wrap(func(h http.Header, r *http.Request) (*http.Request, error) {
		return g.Verifier.Authorize(h, r, need...)
	})
}

// Optional does the same as the function [Optional], but uses g.Verifier and
// g.ErrorBody.
func (g Guard) Optional() func(http.Handler) http.Handler {
	return g.wrap(g.Verifier.AuthorizeOptional)
}

func (g Guard) wrap(authorize func(http.Header, *http.Request) (*http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			authorized, err := authorize(w.Header(), r)
			if err != nil {
				g.refuse(w, r, middleware.Refusal(err))
				return
			}
			next.ServeHTTP(w, authorized)
		})
	}
}
