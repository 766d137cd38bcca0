package pages

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// Check reports whether a form brought the CSRF token of its session. Its time
// does not show how near a wrong one was. No session has an empty one.
func Check(want, got string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

// Cookie keeps a session in the browser until that is closed.
type Cookie struct {
	Name   string
	Path   string
	Secure bool // sent over TLS only
}

// CookieFor is the cookie of the server with this issuer. Cookies know no
// ports, so two servers on one host need two names to not sign each other's
// users out.
func CookieFor(issuer string) Cookie {
	sum := sha256.Sum256([]byte(issuer))
	c := Cookie{Name: "testserver_" + hex.EncodeToString(sum[:8]), Path: "/"}
	if u, err := url.Parse(issuer); err == nil {
		c.Secure = u.Scheme == "https"
		c.Path = "/" + strings.Trim(u.EscapedPath(), "/")
	}
	return c
}

// Set gives the session to the browser.
func (c Cookie) Set(w http.ResponseWriter, session string) { http.SetCookie(w, c.with(session, 0)) }

// Clear takes it back.
func (c Cookie) Clear(w http.ResponseWriter) { http.SetCookie(w, c.with("", -1)) }

func (c Cookie) with(value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure where there is TLS: a test server on plain HTTP could keep no session
		Name: c.Name, Value: value, Path: c.Path, MaxAge: maxAge,
		HttpOnly: true, Secure: c.Secure,
		// Lax and not Strict: the first request of a login comes from the client's site.
		SameSite: http.SameSiteLaxMode,
	}
}

// From returns the session that r belongs to, or "". Of two, one was put there by
// a neighbour on the host, and nothing shows which, so neither counts.
func (c Cookie) From(r *http.Request) string {
	found := r.CookiesNamed(c.Name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}
