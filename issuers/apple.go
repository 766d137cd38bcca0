package issuers

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// AppleID takes the ID tokens of Sign in with Apple, for apps that have nothing else.
// clients are bundle IDs of apps and Services IDs of web sites. The token is made at
// login only: exchange it for a session of your own. It has no scopes. Notifications
// of Apple's servers look alike, and are refused.
func AppleID(clients ...string) middleware.Issuer {
	f := &faults{function: "AppleID"}
	f.some("clients", clients, "bundle IDs and Services IDs such as com.example.orders")
	if slices.ContainsFunc(clients, func(id string) bool { return strings.Contains(id, "/") }) {
		f.add("clients has a URL in it: give bundle IDs and Services IDs such as com.example.orders")
	}
	return f.in(middleware.Issuer{URL: "https://appleid.apple.com", Purpose: middleware.IDTokens, Audiences: clients, ClientIDClaims: []string{"aud"}})
}
