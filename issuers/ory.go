package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Hydra is an Ory Hydra server that issues JWTs (strategies.access_token: jwt).
// Its issuer is urls.self.issuer of the configuration: older versions append a
// slash, which is part of the issuer. Clients must request the audience:
// otherwise aud is an empty array. By default its access tokens are opaque:
// then set Issuer.Introspection to a client of the admin port.
func Hydra(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Hydra"}
	return f.attach(ory(f.identifier(issuer), audiences))
}

// OryNetwork is a project of Ory Network, by the slug in
// https://SLUG.projects.oryapis.com. As with [Hydra], clients must request the
// audience, and opaque tokens need Issuer.Introspection. The tokens of a
// project with a custom domain have that domain in iss: use [Hydra] for it.
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
