package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Doorkeeper is a Rails application at base whose OAuth provider is Doorkeeper, at
// /oauth. Its tokens are opaque, and asking says how to ask about them: set Auth to
// introspect.Basic with a client of that server. It names clients and no audience, so
// clients are the applications that may call the API. Refresh tokens are active
// there too: only RequireTokenType, which this sets, keeps them out. Tokens that
// belong to no application have no client_id, and are refused.
func Doorkeeper(base string, asking introspect.Config, clients ...string) middleware.Issuer {
	return doorkeeper(&faults{function: "Doorkeeper"}, base, asking, clients)
}

// GitLab takes the OAuth tokens of a GitLab server at base, such as
// https://gitlab.com. It is a [Doorkeeper] server. Personal access tokens and those
// of CI jobs are refused: the endpoint does not know them.
func GitLab(base string, asking introspect.Config, clients ...string) middleware.Issuer {
	return doorkeeper(&faults{function: "GitLab"}, base, asking, clients)
}

func doorkeeper(f *faults, base string, asking introspect.Config, clients []string) middleware.Issuer {
	base = f.before("base", base, "/oauth")
	asking.RequireTokenType = true
	return f.in(f.introspected(base, base+"/oauth/introspect", asking, clients))
}

// introspected is an issuer of opaque tokens whose answers name the client and no
// audience. An endpoint that the caller has set stays.
func (f *faults) introspected(url, endpoint string, asking introspect.Config, clients []string) middleware.Issuer {
	if asking.Endpoint == "" {
		asking.Endpoint = endpoint
	}
	if asking.Issuer == "" {
		asking.Issuer = url
	}
	client, err := introspect.New(asking)
	if err != nil {
		f.add("%w", err)
	}
	return middleware.Issuer{
		URL: url, Audiences: clients, AudienceClaim: "client_id",
		Introspection: client, IntrospectionMode: middleware.IntrospectAll,
	}
}
