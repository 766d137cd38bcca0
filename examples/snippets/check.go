package snippets

import (
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func cancelOrder(v *middleware.Verifier) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("refund") {
			if err := v.Check(httpauth.Token(r), scopes.All("orders:refund")); err != nil {
				httpauth.Answer(w, r, err) // answers 403; the challenge names orders:refund
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
