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
		_, _ = w.Write([]byte(httpauth.Token(r).Subject)) //nolint:gosec // no browser shows it, and the test compares it
	}

	read := httpauth.Require(v, scopes.All("orders:read"))
	mux.Handle("GET /orders", read(http.HandlerFunc(listOrders))) // in it: httpauth.Token(r).Subject

	return mux
}
