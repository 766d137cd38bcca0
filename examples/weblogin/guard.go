package main

import (
	"net/http"
	"net/url"
)

// guarded adds to each answer what browsers need to be told.
func (a *app) guarded(next http.Handler) http.Handler {
	policy := a.policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer") // the URL of /callback has a code in it
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store") // else the back button shows the last person's pages
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// policy allows a stylesheet and one form. Browsers hold a form to form-action even when its answer redirects, as the
// logout does to the server: a server that redirects to a third origin from there needs that one too.
func (a *app) policy() string {
	forms := "'self'"
	if u, err := url.Parse(a.provider.EndSession); err == nil && u.Host != "" {
		forms += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
}
