package migrate

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/jwtauth/v5"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// jwtAuthBefore follows the README, "Usage", with a ServeMux instead of chi.
func jwtAuthBefore(_ context.Context, s Settings) (http.Handler, error) {
	auth := jwtauth.New("HS256", s.Secret, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		_, claims, _ := jwtauth.FromContext(r.Context())
		scope, _ := claims["scope"].(string)
		if !slices.Contains(strings.Fields(scope), "orders:read") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		writeOrders(w, claims["sub"])
	})
	return jwtauth.Verifier(auth)(jwtauth.Authenticator(auth)(mux)), nil
}

func jwtAuthAfter(_ context.Context, s Settings) (http.Handler, error) {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com",
		Issuers: []middleware.Issuer{{
			URL:        s.Issuer,
			Keys:       jwks.Secret(s.KeyID, s.Secret),
			Algorithms: []string{"HS256"},
		}},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		writeOrders(w, httpauth.Token(r).Subject)
	})
	return httpauth.Require(v, scopes.All("orders:read"))(mux), nil
}
