package issuers

import (
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// DjangoOAuthToolkit is a Django application whose OAuth provider, Django OAuth
// Toolkit, is at base, such as https://id.example.com/o. Its tokens are opaque, and
// asking says how to ask about them: set Auth to introspect.Bearer with tokens that
// have the scope introspection, or to introspect.Basic. It names clients and no audience,
// so clients are the applications that may call the API. The token that asks expires
// like any other, so introspect.Bearer takes a function that returns a valid one.
func DjangoOAuthToolkit(base string, asking introspect.Config, clients ...string) middleware.Issuer {
	f := &faults{function: "DjangoOAuthToolkit"}
	base = f.before("base", base, "/introspect")
	return f.in(f.introspected(base, base+"/introspect/", asking, clients))
}
