package rival

import (
	"context"
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// HTTPAuth is Bearerguard with httpauth, set up as the package comments of
// middleware and httpauth show.
func HTTPAuth() Protection { return ours("httpauth", httpGuarded)[0] }

// ours returns two ways to protect an API with an adapter of Bearerguard: with
// the token cache and without it.
func ours(adapter string, guard func(*middleware.Verifier, scopes.Requirement) http.Handler) []Protection {
	with := func(how string, tokens int) Protection {
		return Protection{
			Name: "Bearerguard, " + adapter + how, Ours: true, Cached: tokens == 0,
			Open: func(_ context.Context, s Settings) (http.Handler, error) {
				v, err := NewBearerguard(s, tokens)
				if err != nil {
					return nil, err
				}
				return guard(v, scopes.All(s.Scope)), nil
			},
		}
	}
	return []Protection{with("", 0), with(", without its token cache", -1)}
}

func httpGuarded(v *middleware.Verifier, need scopes.Requirement) http.Handler {
	return routed(httpauth.Require(v, need)(orders))
}

func echoGuarded(v *middleware.Verifier, need scopes.Requirement) http.Handler {
	return echoAPI(echoauth.Require(v, need))
}

func ginGuarded(v *middleware.Verifier, need scopes.Requirement) http.Handler {
	return ginAPI(ginauth.Require(v, need))
}
