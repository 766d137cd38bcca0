package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Clerk is an instance of Clerk with the Frontend API at frontend, such as
// clerk.example.com or verb-noun-00.clerk.accounts.dev. It takes session tokens.
// These have no aud: azp, the origin of the web application, stands for it, and
// origins are those that may call. Tokens of JWT templates have azp too, are for
// other APIs, and are refused since they lack sid. Tokens of native applications
// have no azp and are refused; add a custom claim aud to their tokens and set
// AudienceClaim and Audiences for them.
func Clerk(frontend string, origins ...string) middleware.Issuer {
	f := &faults{function: "Clerk"}
	i := middleware.Issuer{URL: "https://" + f.host("frontend", frontend), AudienceClaim: "azp", Mark: "sid", ClientIDClaims: []string{}}
	i.Audiences = f.some("origins", origins, "those of the web application such as https://app.example.com")
	for _, origin := range origins {
		scheme, host, _ := strings.Cut(origin, "://")
		if origin != "" && (scheme == "" || host == "" || strings.ContainsAny(host, "/?#@*") || origin != strings.ToLower(origin) || !isURLText(origin)) {
			f.add("origin is %q: give it with https:// and without a slash at the end, as the browser sends it, such as https://app.example.com", origin)
		}
	}
	return f.in(i)
}
