package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// newHTTP returns the routes on net/http.
func newHTTP(v *middleware.Verifier) http.Handler {
	var (
		valid  = httpauth.Require(v)
		read   = httpauth.Require(v, scopes.All("items:read"))
		write  = httpauth.Require(v, scopes.All("items:write"))
		admin  = httpauth.Require(v, scopes.All("items:read", "items:write", "admin"))
		either = httpauth.Require(v, scopes.Any("items:read", "admin"))
		fresh  = httpauth.Require(v, scopes.AuthWithin(5*time.Minute))
		mfa    = httpauth.Require(v, scopes.ACR("urn:example:mfa"))
	)

	mux := http.NewServeMux()
	mux.Handle("GET /public", answer(http.StatusOK, fine))
	mux.Handle("GET /me", valid(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(http.StatusOK, me(httpauth.Token(r)))(w, r)
	})))
	mux.Handle("GET /items", read(answer(http.StatusOK, stock)))
	mux.Handle("POST /items", write(answer(http.StatusOK, fine)))
	mux.Handle("GET /admin", admin(answer(http.StatusOK, fine)))
	mux.Handle("GET /any", either(answer(http.StatusOK, fine)))
	mux.Handle("GET /fresh", fresh(answer(http.StatusOK, fine)))
	mux.Handle("GET /mfa", mfa(answer(http.StatusOK, fine)))
	mux.Handle(v.Metadata())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if v.Healthy() != nil {
			answer(http.StatusServiceUnavailable, unavailable)(w, r)
			return
		}
		answer(http.StatusOK, fine)(w, r)
	})
	return mux
}

func answer(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		// The status is already sent, so an error cannot be reported to the
		// client.
		_ = json.NewEncoder(w).Encode(body)
	}
}
