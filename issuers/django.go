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
// function that returns a valid token. Introspection responses contain
// client_id and no audience, so clients are the applications that may call the
// API.
func DjangoOAuthToolkit(base string, conf introspect.Config, clients ...string) middleware.Issuer {
	f := &faults{function: "DjangoOAuthToolkit"}
	base = f.baseBefore("base", base, "/introspect")
	return f.attach(f.introspected(base, base+"/introspect/", conf, clients))
}
