package conformance_test

import (
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/proof/cases"
)

func newHTTP(a cases.API) http.Handler {
	g := httpauth.Guard{Verifier: a.Verifier, ErrorBody: a.ErrorBody}
	handler := func(route string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(a.Answer(route, httpauth.Token(r)))
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/open", handler("/open"))
	mux.Handle("/any-token", g.Require()(handler("/any-token")))
	mux.Handle("/read", g.Require(cases.Read)(handler("/read")))
	mux.Handle("/twice", g.Require(cases.Read)(g.Require(cases.Read)(handler("/twice"))))
	mux.Handle("/either", g.Require(cases.Either)(handler("/either")))
	mux.Handle("/needed", httpauth.Require(a.Verifier, a.Need...)(handler("/needed")))
	mux.Handle("/oneof", g.Require(cases.OneOf)(handler("/oneof")))
	mux.Handle("/tenant", g.Require(cases.Tenant)(handler("/tenant")))
	mux.Handle("/fresh", g.Require(cases.Fresh)(handler("/fresh")))
	mux.Handle("/strong", g.Require(cases.Strong)(handler("/strong")))
	mux.Handle("/alternative", g.Require(cases.StrongOrAdmin)(handler("/alternative")))
	mux.Handle(a.Verifier.Metadata())
	checked := func(route string) http.Handler {
		return g.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := a.Check(httpauth.Token(r)); err != nil {
				g.Answer(w, r, err)
				return
			}
			handler(route).ServeHTTP(w, r)
		}))
	}
	mux.Handle("/checked", checked("/checked"))
	mux.Handle("/returned", checked("/returned"))
	mux.Handle("/failed", g.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.Answer(w, r, cases.ErrFailure) })))
	mux.Handle("/optional", g.Optional()(handler("/optional")))
	mux.Handle("/labelled", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("Cache-Control", "public, max-age=60")
		g.Require()(handler("/labelled")).ServeHTTP(w, r)
	}))

	group := http.NewServeMux()
	group.Handle("/nested/route", g.Require(cases.Write)(handler("/nested/route")))
	mux.Handle("/nested/", g.Require(cases.Read)(group))

	strong := http.NewServeMux()
	strong.Handle("/strong/route", g.Require(cases.Fresh, cases.Write)(handler("/strong/route")))
	mux.Handle("/strong/", g.Require(cases.Strong)(strong))

	open := http.NewServeMux()
	open.Handle("/optional/read", g.Require(cases.Read)(handler("/optional/read")))
	mux.Handle("/optional/", g.Optional()(open))
	return mux
}
