package pages

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// Check reports whether the CSRF token of a form equals the token of its
// session. It returns false if both are empty. The comparison takes constant
// time.
func Check(want, got string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

// Cookie is the session cookie, which lasts until the browser is closed.
type Cookie struct {
	Name   string
	Path   string
	Secure bool // sent only over TLS
}

// CookieFor returns the cookie of the server with this issuer. The name of the
// cookie depends on the issuer, because all ports of a host share cookies. If
// the names were equal, two servers on one host would sign out each other's
// users.
func CookieFor(issuer string) Cookie {
	sum := sha256.Sum256([]byte(issuer))
	c := Cookie{Name: "testserver_" + hex.EncodeToString(sum[:8]), Path: "/"}
	if u, err := url.Parse(issuer); err == nil {
		c.Secure = u.Scheme == "https"
		c.Path = "/" + strings.Trim(u.EscapedPath(), "/")
	}
	return c
}

// Set sets the cookie.
func (c Cookie) Set(w http.ResponseWriter, session string) { http.SetCookie(w, c.with(session, 0)) }

// Clear deletes the cookie.
func (c Cookie) Clear(w http.ResponseWriter) { http.SetCookie(w, c.with("", -1)) }

func (c Cookie) with(value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure only with TLS: otherwise there would be no session on plain HTTP
		Name: c.Name, Value: value, Path: c.Path, MaxAge: maxAge,
		HttpOnly: true, Secure: c.Secure,
		// A client's site starts a login by sending the browser to this server.
		// If SameSite were Strict, the browser would not send the cookie with
		// that request.
		SameSite: http.SameSiteLaxMode,
	}
}

// From returns the value of the session cookie in r, or "" if the cookie is
// missing. It also returns "" if r has two cookies with that name, because
// another server on the host may have set one of them.
func (c Cookie) From(r *http.Request) string {
	found := r.CookiesNamed(c.Name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}
