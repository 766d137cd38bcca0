package migrate

import (
	"context"
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func auth0After(_ context.Context, s Settings) (http.Handler, error) {
	v, err := newVerifier(s.Issuer)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	read := httpauth.Require(v, scopes.All("orders:read"))
	mux.Handle("GET /orders", read(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := middleware.ClaimsAs[struct {
			Organization string `json:"org_id"`
		}](httpauth.Token(r))
		if err != nil {
			http.Error(w, "unexpected claims", http.StatusForbidden)
			return
		}
		writeOrders(w, claims.Organization)
	})))
	return mux, nil
}
