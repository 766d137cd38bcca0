package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// DjangoOAuthToolkit introspects the tokens of a Django application whose OAuth
// provider, Django OAuth Toolkit, is at base, such as https://id.example.com/o.
// Its tokens are opaque. conf configures introspection: set Auth to
// introspect.Basic, or to introspect.Bearer with tokens that have the scope
// introspection. Such a bearer token expires, so introspect.Bearer takes a
// function that returns a valid token. The parameter clients lists the client
// IDs of the applications that may call the API. It takes the place of an
// audience: introspection responses contain client_id, but no audience.
func DjangoOAuthToolkit(base string, conf introspect.Config, clients ...string) middleware.Issuer {
	f := &faults{function: "DjangoOAuthToolkit"}
	base = f.baseBefore("base", base, "/introspect")
	return f.attach(f.introspected(base, base+"/introspect/", conf, clients))
}
