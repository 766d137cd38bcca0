package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// DjangoOAuthToolkit introspects the opaque tokens of a Django application that
// uses Django OAuth Toolkit as its OAuth provider. The provider is at base,
// such as https://id.example.com/o. conf configures introspection. Set its Auth
// to introspect.Basic or introspect.Bearer. introspect.Bearer needs tokens with
// the scope introspection. These bearer tokens expire, so introspect.Bearer
// takes a function that returns a valid token. clients lists the client IDs of
// the applications that may call the API. These IDs are compared with
// client_id, because introspection responses contain no audience.
func DjangoOAuthToolkit(base string, conf introspect.Config, clients ...string) middleware.Issuer {
	f := &faults{function: "DjangoOAuthToolkit"}
	base = f.baseBefore("base", base, "/introspect")
	return f.attach(f.introspected(base, base+"/introspect/", conf, clients))
}
