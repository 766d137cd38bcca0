package migrate

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/scopes"
)

// golangJWTBefore follows the README of keyfunc, "Basic usage".
func golangJWTBefore(ctx context.Context, s Settings) (http.Handler, error) {
	k, err := keyfunc.NewDefaultCtx(ctx, []string{s.JWKSURL})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := jwt.Parse(text, k.Keyfunc)
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		claims := token.Claims.(jwt.MapClaims)
		scope, _ := claims["scope"].(string)
		if !slices.Contains(strings.Fields(scope), "orders:read") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		writeOrders(w, claims["sub"])
	})
	return mux, nil
}

func golangJWTAfter(_ context.Context, s Settings) (http.Handler, error) {
	v, err := newVerifier(s.Issuer)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	read := httpauth.Require(v, scopes.All("orders:read"))
	mux.Handle("GET /orders", read(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeOrders(w, httpauth.Token(r).Subject)
	})))
	return mux, nil
}
