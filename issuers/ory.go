package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Hydra is an Ory Hydra server that issues JWTs (strategies.access_token: jwt). Its
// issuer is urls.self.issuer of the configuration: older versions add a slash to
// it, and the slash counts. Clients must ask for the audience, since aud is an
// empty array otherwise. By default its access tokens are opaque: then set
// Issuer.Introspection, and ask the admin port.
func Hydra(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Hydra"}
	return f.in(ory(f.identifier(issuer), audiences))
}

// OryNetwork is a project of Ory Network, by the slug in
// https://SLUG.projects.oryapis.com. As with [Hydra], clients must ask for the
// audience, and opaque tokens need Issuer.Introspection. A project with a domain of
// its own issues its tokens by that name: use [Hydra] for it.
func OryNetwork(slug string, audiences ...string) middleware.Issuer {
	f := &faults{function: "OryNetwork"}
	slug = f.id("slug", slug, "", "great-hopper-a1b2c3d4e5, without https:// and .projects.oryapis.com")
	if slug != strings.ToLower(slug) {
		f.add("slug is %q: give it in lower case, as tokens have it", slug)
	}
	return f.in(ory("https://"+slug+".projects.oryapis.com", audiences))
}

func ory(issuer string, audiences []string) middleware.Issuer {
	return middleware.Issuer{URL: issuer, Audiences: audiences, ClientIDClaims: []string{"client_id"}}
}
