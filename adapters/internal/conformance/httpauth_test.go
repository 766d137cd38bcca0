package conformance_test

import (
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
)

func newHTTP(a api) http.Handler {
	g := httpauth.Guard{Verifier: a.verifier, ErrorBody: a.errorBody}
	handler := func(route string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(a.answer(route, httpauth.Token(r)))
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/open", handler("/open"))
	mux.Handle("/any-token", g.Require()(handler("/any-token")))
	mux.Handle("/read", g.Require(read)(handler("/read")))
	mux.Handle("/twice", g.Require(read)(g.Require(read)(handler("/twice"))))
	mux.Handle("/either", g.Require(either)(handler("/either")))
	mux.Handle("/oneof", g.Require(oneOf)(handler("/oneof")))
	mux.Handle("/optional", g.Optional()(handler("/optional")))
	mux.Handle("/labelled", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("Cache-Control", "public, max-age=60")
		g.Require()(handler("/labelled")).ServeHTTP(w, r)
	}))

	group := http.NewServeMux()
	group.Handle("/nested/route", g.Require(write)(handler("/nested/route")))
	mux.Handle("/nested/", g.Require(read)(group))

	open := http.NewServeMux()
	open.Handle("/optional/read", g.Require(read)(handler("/optional/read")))
	mux.Handle("/optional/", g.Optional()(open))
	return mux
}
