package settings

import (
	"net/url"
	"slices"
	"strings"
)

// What is wanted of texts that have a form, and whether they have it.
const (
	wantIssuer   = `an absolute http or https URL without user, query and fragment, such as "https://login.example.com/tenant"`
	wantRedirect = `an absolute URI of a place, without user and fragment, such as "http://127.0.0.1/callback"`
	wantVisible  = "printable ASCII"
	wantScope    = `one scope, of printable ASCII without space, quote and backslash, such as "orders:read"`
	wantCode     = `an OAuth error code, such as "access_denied"`
)

func anything(string) bool { return true }

// isIssuer is RFC 8414 §2, but that http is good enough for tests.
func isIssuer(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && !strings.Contains(s, "#")
}

// isRedirect is RFC 6749 §3.1.2, with the schemes of apps (RFC 8252 §7.1).
func isRedirect(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.User != nil || !isVisible(s) || strings.ContainsAny(s, " #") {
		return false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Host != ""
	}
	return !slices.Contains(noPlaces, u.Scheme)
}

// isVisible is *VSCHAR of RFC 6749 §A.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// isScope is scope-token of RFC 6749 §3.3.
func isScope(s string) bool { return isCode(s) && !strings.Contains(s, " ") }

// isCode is the error of RFC 6749 §5.2.
func isCode(s string) bool { return isVisible(s) && !strings.ContainsAny(s, `"\`) }
