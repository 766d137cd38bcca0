package snippets

import (
	"context"
	"log"
	"net/http"

	"github.com/bearerguard/bearerguard/middleware"
)

func operate(ctx context.Context, v *middleware.Verifier, mux *http.ServeMux) {
	if err := v.Warm(ctx); err != nil { // fetches the keys before the first request
		log.Print(err) // the verifier tries again when a token arrives
	}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := v.Healthy(); err != nil { // never waits
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}
