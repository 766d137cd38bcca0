package issuers

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// AppleID accepts the ID tokens of Sign in with Apple, for apps that have no
// access token. clients are bundle IDs of apps and Services IDs of web sites.
// Apple issues a token only at login, so exchange the token for a session of
// your own. The tokens have no scopes. Apple's servers also send notifications
// in similar tokens, which are refused.
func AppleID(clients ...string) middleware.Issuer {
	f := &faults{function: "AppleID"}
	f.nonEmpty("clients", clients, "bundle IDs and Services IDs such as com.example.orders")
	if slices.ContainsFunc(clients, func(id string) bool { return strings.Contains(id, "/") }) {
		f.add("clients contains a URL: give bundle IDs and Services IDs such as com.example.orders")
	}
	return f.attach(middleware.Issuer{URL: "https://appleid.apple.com", Purpose: middleware.IDTokens, Audiences: clients, ClientIDClaims: []string{"aud"}})
}
