package main

import (
	"net/http"
	"strings"
	"time"
)

const (
	loginCookie   = "weblogin-login"
	sessionCookie = "weblogin-session"
)

// cookieName returns the name of a cookie, with the prefix __Host- if the site
// uses https. Browsers accept a cookie with this prefix only over https and
// only from this host. Other hosts of the domain cannot set the cookie.
func (a *app) cookieName(name string) string {
	if a.secure() {
		return "__Host-" + name
	}
	return name
}

func (a *app) secure() bool { return strings.HasPrefix(a.cfg.baseURL, "https:") }

func (a *app) setCookie(w http.ResponseWriter, name, value string, ttl time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set on every site with https
		Name: a.cookieName(name), Value: value, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true,
		Secure:   a.secure(),           // false only if the site uses http, as on loopback
		SameSite: http.SameSiteLaxMode, // with Strict, the browser would not send the cookie after the redirect from the server
	})
}

func (a *app) clearCookie(w http.ResponseWriter, name string) { a.setCookie(w, name, "", -time.Second) }

func (a *app) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(a.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}
