package recipes

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

const securityScheme = "login"

// secured makes an operation require scopes. It adds the scopes to the OpenAPI
// description and adds a middleware that checks them.
func secured(v *middleware.Verifier, op huma.Operation, scope string, more ...string) huma.Operation {
	op.Security = []map[string][]string{{securityScheme: append([]string{scope}, more...)}}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable)
	guard := httpauth.Guard{Verifier: v, ErrorBody: func(_ *http.Request, e *middleware.Error) (string, []byte) {
		body, _ := json.Marshal(huma.NewError(e.StatusCode(), e.Description)) // in the format of huma's own errors
		return "application/problem+json", body
	}}
	require := guard.Require(scopes.All(scope, more...))
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			next(huma.WithContext(ctx, r.Context()))
		})).ServeHTTP(w, r.WithContext(ctx.Context()))
	})
	return op
}

type ordersOutput struct {
	Body struct {
		OrdersOf string `json:"orders_of"`
	}
}

// Huma returns an API whose OpenAPI document lists the scopes that each
// operation requires.
func Huma(v *middleware.Verifier, issuer string) http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Orders", "1.0.0")
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityScheme: {Type: "openIdConnect", OpenIDConnectURL: strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"},
	}
	api := humago.New(mux, config)
	huma.Register(api, secured(v, huma.Operation{OperationID: "list-orders", Method: http.MethodGet, Path: "/orders"}, "orders:read"),
		func(ctx context.Context, _ *struct{}) (*ordersOutput, error) {
			out := &ordersOutput{}
			out.Body.OrdersOf = middleware.TokenFrom(ctx).Subject
			return out, nil
		})
	return mux
}
