package issuers

import (
	"net/url"

	"github.com/bearerguard/bearerguard/middleware"
)

// OpenIddict accepts the access tokens of a server that is built with
// OpenIddict. issuer is the issuer of the server. OpenIddict appends a slash to
// an issuer without a path, and so does this function. By default, the server
// encrypts access tokens, so it must call DisableAccessTokenEncryption. It must
// also call SetResources on each principal: these resources become aud.
func OpenIddict(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "OpenIddict"}
	issuer = f.identifier(issuer)
	if u, err := url.Parse(issuer); err == nil && u.Path == "" {
		issuer += "/"
	}
	return f.attach(middleware.Issuer{URL: issuer, Audiences: audiences, Profile: middleware.RFC9068})
}
