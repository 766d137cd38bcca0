package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Hydra accepts the access tokens of an Ory Hydra server that issues JWTs
// (strategies.access_token: jwt). issuer is the value of urls.self.issuer in
// the server's configuration. Older versions of Hydra append a slash to this
// value. For these versions, issuer must end with a slash. Clients must request
// the audience, because otherwise aud is an empty array. By default, access
// tokens are opaque. To accept opaque tokens, set Issuer.Introspection to a
// client of the admin port.
func Hydra(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Hydra"}
	return f.attach(ory(f.identifier(issuer), audiences))
}

// OryNetwork accepts the access tokens of a project of Ory Network. slug is the
// slug in https://SLUG.projects.oryapis.com. As with [Hydra], clients must
// request the audience, and opaque tokens need Issuer.Introspection. If a
// project has a custom domain, its tokens have that domain in iss: use [Hydra]
// for such a project.
func OryNetwork(slug string, audiences ...string) middleware.Issuer {
	f := &faults{function: "OryNetwork"}
	slug = f.id("slug", slug, "", "great-hopper-a1b2c3d4e5, without https:// and .projects.oryapis.com")
	if slug != strings.ToLower(slug) {
		f.add("slug is %q: give it in lower case, as in tokens", slug)
	}
	return f.attach(ory("https://"+slug+".projects.oryapis.com", audiences))
}

func ory(issuer string, audiences []string) middleware.Issuer {
	return middleware.Issuer{URL: issuer, Audiences: audiences, ClientIDClaims: []string{"client_id"}}
}
