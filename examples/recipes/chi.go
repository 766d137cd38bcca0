package recipes

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Chi returns an API that protects routes of chi.
func Chi(v *middleware.Verifier) http.Handler {
	createOrder := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }

	r := chi.NewRouter()
	r.Route("/orders", func(r chi.Router) {
		r.Use(httpauth.Require(v, scopes.All("orders:read")))
		r.Get("/", listOrders)
		r.With(httpauth.Require(v, scopes.All("orders:write"))).Post("/", createOrder) // needs both
	})
	r.Route("/tenants/{tenant}", func(r chi.Router) {
		r.Use(httpauth.Require(v, ownTenant{}))
		r.Get("/orders", listOrders)
	})
	return r
}
