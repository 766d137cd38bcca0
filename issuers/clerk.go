package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Clerk accepts the session tokens of a Clerk instance with the Frontend API at
// frontend, such as clerk.example.com or verb-noun-00.clerk.accounts.dev.
// Session tokens have no aud. Instead, the verifier checks azp: it contains the
// origin of the web application, which must be one of origins. Tokens of JWT
// templates also have azp, but are for other APIs. They are refused because
// they lack sid. Tokens of native applications are refused because they have no
// azp. To accept tokens of native applications, add a custom claim aud, and set
// AudienceClaim and Audiences.
func Clerk(frontend string, origins ...string) middleware.Issuer {
	f := &faults{function: "Clerk"}
	i := middleware.Issuer{URL: "https://" + f.host("frontend", frontend), AudienceClaim: "azp", Mark: "sid", ClientIDClaims: []string{}}
	i.Audiences = f.nonEmpty("origins", origins, "the origins of the web application, such as https://app.example.com")
	for _, origin := range origins {
		scheme, host, _ := strings.Cut(origin, "://")
		if origin != "" && (scheme == "" || host == "" || strings.ContainsAny(host, "/?#@*") || origin != strings.ToLower(origin) || !isURLText(origin)) {
			f.add("origin is %q: give it with https:// and without a slash at the end, as the browser sends it, such as https://app.example.com", origin)
		}
	}
	return f.attach(i)
}
