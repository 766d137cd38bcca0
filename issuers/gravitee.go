package issuers

import "github.com/bearerguard/bearerguard/middleware"

// Gravitee accepts the access tokens of a security domain of a Gravitee Access
// Management gateway at base. aud is the client's ID, or the resource that the
// client requested. Refresh tokens are JWTs with the same issuer, keys and
// audience, but are refused because they lack client_id. The domain needs an
// RSA or EC certificate, because in older versions the default certificate
// signs with a shared secret.
func Gravitee(base, domain string, audiences ...string) middleware.Issuer {
	f := &faults{function: "Gravitee"}
	base, domain = f.baseBefore("base", base, "/oidc"), f.pathElement("domain", domain)
	return f.attach(middleware.Issuer{URL: base + "/" + domain + "/oidc", Audiences: audiences, Mark: "client_id"})
}
