package rivals

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// bearerguard is the control: package comments of middleware and httpauth.
func bearerguard() rival {
	return rival{
		Name:  "Bearerguard",
		SetUp: "package comments of `middleware` and `adapters/httpauth`",
		Given: "issuer, audience, scope",
		newAPI: func(_ context.Context, as *testserver.Server) (http.Handler, error) {
			v, err := middleware.NewVerifier(middleware.Config{
				Audience: audience,
				Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
				Client:   as.Client(),
				Logger:   slog.New(slog.DiscardHandler),
			})
			if err != nil {
				return nil, err
			}
			return httpauth.Require(v, scopes.All(scope))(http.HandlerFunc(orders)), nil
		},
	}
}
