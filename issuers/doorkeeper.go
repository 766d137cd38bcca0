package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// Doorkeeper introspects the opaque tokens of a Rails application at base that
// uses Doorkeeper as its OAuth provider. The endpoints must be below
// base/oauth. conf configures introspection: set Auth to introspect.Basic with
// a client of that server. clients are the client IDs of the applications that
// may call the API. These IDs are compared with client_id, because
// introspection responses contain no audience. Tokens without an application
// are refused because they have no client_id. The server reports refresh tokens
// as active. To refuse refresh tokens, Doorkeeper sets RequireTokenType.
func Doorkeeper(base string, conf introspect.Config, clients ...string) middleware.Issuer {
	return doorkeeper(&faults{function: "Doorkeeper"}, base, conf, clients)
}

// GitLab introspects the OAuth tokens of a GitLab server at base, such as
// https://gitlab.com. GitLab uses [Doorkeeper]. Personal access tokens and
// tokens of CI jobs are refused, since the endpoint reports them as inactive.
func GitLab(base string, conf introspect.Config, clients ...string) middleware.Issuer {
	return doorkeeper(&faults{function: "GitLab"}, base, conf, clients)
}

func doorkeeper(f *faults, base string, conf introspect.Config, clients []string) middleware.Issuer {
	base = f.baseBefore("base", base, "/oauth")
	conf.RequireTokenType = true
	return f.attach(f.introspected(base, base+"/oauth/introspect", conf, clients))
}

// introspected returns an issuer that introspects opaque tokens. The issuer
// checks client_id instead of aud, because introspection responses of the
// server contain no audience. The defaults of conf.Endpoint and conf.Issuer are
// endpoint and url.
func (f *faults) introspected(url, endpoint string, conf introspect.Config, clients []string) middleware.Issuer {
	if conf.Endpoint == "" {
		conf.Endpoint = endpoint
	}
	if conf.Issuer == "" {
		conf.Issuer = url
	}
	client, err := introspect.New(conf)
	if err != nil {
		f.add("%w", err)
	}
	return middleware.Issuer{
		URL: url, Audiences: clients, AudienceClaim: "client_id",
		Introspection: client, IntrospectionMode: middleware.IntrospectAll,
	}
}
