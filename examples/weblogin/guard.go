package main

import (
	"net/http"
	"net/url"
)

// guarded returns a handler that adds security headers to each answer of the
// handler next.
func (a *app) guarded(next http.Handler) http.Handler {
	policy := a.policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer") // protects the code in the URL of /callback
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store") // otherwise the back button shows pages of the previous user
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// policy returns a content security policy that allows the stylesheet and the
// logout form. Browsers apply form-action also to redirects that follow the
// submission of a form. The logout form leads to a redirect to the server, so
// form-action lists the server. If the server then redirects to a third origin,
// add that origin too.
func (a *app) policy() string {
	forms := "'self'"
	if u, err := url.Parse(a.provider.EndSession); err == nil && u.Host != "" {
		forms += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + forms
}
