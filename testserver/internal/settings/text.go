package settings

import (
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// These strings describe the expected values in errors.
const (
	wantIssuer    = `an absolute http or https URL that has no user information, query or fragment, such as "https://login.example.com/tenant"`
	wantRedirect  = `an absolute URI that a browser can open and that has no user information or fragment, such as "http://127.0.0.1/callback"`
	wantLogoutURI = `an absolute http or https URI without user information or fragment, such as "http://127.0.0.1:3000/logout"`
	wantVisible   = "printable ASCII"
	wantACR       = `one acr value, of printable ASCII without space, quote and backslash, such as "urn:example:mfa"`
	wantScope     = `one scope, of printable ASCII without space, quote and backslash, such as "orders:read"`
	wantResource  = `a name without spaces, such as "https://orders.example.com"`
	wantCode      = `an OAuth error code, such as "access_denied"`
)

func anything(string) bool { return true }

// isIssuer reports whether s is a valid issuer (RFC 8414 §2). For tests, it
// also allows http.
func isIssuer(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && !strings.Contains(s, "#")
}

func isRedirect(s string) bool { return registry.CheckRedirect(s) == nil }

func isLogoutURI(s string) bool { return registry.CheckLogoutURI(s) == nil }

func isScope(s string) bool { return registry.CheckScope(s) == nil }
