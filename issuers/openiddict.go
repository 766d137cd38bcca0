package issuers

import (
	"net/url"

	"github.com/bearerguard/bearerguard/middleware"
)

// OpenIddict is a server made with OpenIddict, by its issuer. OpenIddict ends the
// issuer with a slash if it has no path, and so does this function. The server must call
// DisableAccessTokenEncryption, since it encrypts access tokens by default, and must
// set the resources of a principal: they become aud.
func OpenIddict(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "OpenIddict"}
	issuer = f.identifier(issuer)
	if u, err := url.Parse(issuer); err == nil && u.Path == "" {
		issuer += "/"
	}
	return f.in(middleware.Issuer{URL: issuer, Audiences: audiences, Profile: middleware.RFC9068})
}
