package rival

import (
	"context"
	"log/slog"
	"net/http"

	auth0v3 "github.com/auth0/go-jwt-middleware/v3"
	validatorv3 "github.com/auth0/go-jwt-middleware/v3/validator"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Proven returns the protections that support DPoP: they accept tokens that are
// bound to a key. Clients send their requests to the origin [Audience].
func Proven() []Protection {
	return []Protection{provenBearerguard("", 0), provenBearerguard(", without its token cache", -1), provenAuth0v3()}
}

// provenBearerguard is Bearerguard with the default policy on proofs, except
// that every token must be bound to a key. Each proof is accepted once.
func provenBearerguard(how string, tokens int) Protection {
	return Protection{
		Name: "Bearerguard, httpauth" + how, Ours: true, Cached: tokens == 0,
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := middleware.NewVerifier(middleware.Config{
				Audience:   Audience,
				Issuers:    []middleware.Issuer{{URL: s.Issuer}},
				Origins:    []string{Audience},
				DPoP:       &dpop.Policy{Required: true},
				Client:     s.Client,
				TokenCache: tokens,
				Logger:     slog.New(slog.DiscardHandler),
			})
			if err != nil {
				return nil, err
			}
			return httpGuarded(v, scopes.All(s.Scope)), nil
		},
	}
}

// provenAuth0v3 follows the README, "Require DPoP for Maximum Security". The
// library does not detect that a proof was used before.
func provenAuth0v3() Protection {
	return Protection{
		Name: Auth0v3().String(),
		Open: func(_ context.Context, s Settings) (http.Handler, error) {
			v, err := newValidatorV3(s)
			if err != nil {
				return nil, err
			}
			m, err := auth0v3.New(auth0v3.WithValidator(v), auth0v3.WithDPoPMode(auth0v3.DPoPRequired))
			if err != nil {
				return nil, err
			}
			scope := func(r *http.Request) string {
				verified, err := auth0v3.GetClaims[*validatorv3.ValidatedClaims](r.Context())
				if err != nil {
					return ""
				}
				return auth0Scope(verified)
			}
			return routed(m.CheckJWT(s.scoped(scope, orders))), nil
		},
	}
}
