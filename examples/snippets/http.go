package snippets

import (
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func newAPI(v *middleware.Verifier) http.Handler {
	mux := http.NewServeMux()
	listOrders := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(httpauth.Token(r).Subject))
	}
	createOrder := listOrders

	read := httpauth.Require(v, scopes.All("orders:read"))
	write := httpauth.Require(v, scopes.Any("orders:write", "admin"))
	mux.Handle("GET /orders", read(http.HandlerFunc(listOrders)))
	mux.Handle("POST /orders", read(write(http.HandlerFunc(createOrder)))) // needs both

	return mux
}
