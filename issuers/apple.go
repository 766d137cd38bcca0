package issuers

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// AppleID accepts the ID tokens of Sign in with Apple, for callers that have no
// access token for the API. Each client is the bundle ID of an app or the
// Services ID of a web site. Apple issues an ID token only at login, so
// exchange it for your own session. The tokens have no scopes. Notifications
// from Apple's servers are similar to ID tokens, but are refused.
func AppleID(clients ...string) middleware.Issuer {
	f := &faults{function: "AppleID"}
	f.nonEmpty("clients", clients, "bundle IDs and Services IDs such as com.example.orders")
	if slices.ContainsFunc(clients, func(id string) bool { return strings.Contains(id, "/") }) {
		f.add("clients contains a URL: give bundle IDs and Services IDs such as com.example.orders")
	}
	return f.attach(middleware.Issuer{URL: "https://appleid.apple.com", Purpose: middleware.IDTokens, Audiences: clients, ClientIDClaims: []string{"aud"}})
}
