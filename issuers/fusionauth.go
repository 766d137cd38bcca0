package issuers

import "github.com/bearerguard/bearerguard/middleware"

// FusionAuth is a FusionAuth server at base. issuer is that of the tenant (Tenants,
// General, Issuer), which may be any text, and is acme.com until it is changed.
// applications are the IDs of applications whose users may call the API, and their
// roles are the scopes. Access tokens have applicationId, which ID tokens lost in
// version 1.24, and so do access tokens of users without a registration for the
// application: those are refused. The signing key of access tokens must be an RSA or
// EC key, since the default is a secret.
func FusionAuth(base, issuer string, applications ...string) middleware.Issuer {
	f := &faults{function: "FusionAuth"}
	i := fusionAuth(f, base, issuer, applications)
	i.Mark, i.ScopeClaims = "applicationId", []string{"roles"}
	return f.in(i)
}

// FusionAuthEntity is a FusionAuth server for tokens of the client credentials
// grant. They are issued by an entity for another, and entities are the IDs of
// those that the API is. Permissions are the scopes. base and issuer are those of
// [FusionAuth]. The key of these tokens is that of the entity type, and not of an
// application.
func FusionAuthEntity(base, issuer string, entities ...string) middleware.Issuer {
	f := &faults{function: "FusionAuthEntity"}
	i := fusionAuth(f, base, issuer, entities)
	i.ScopeClaims = []string{"permissions"}
	return f.in(i)
}

func fusionAuth(f *faults, base, issuer string, audiences []string) middleware.Issuer {
	base = f.before("base", base, "/.well-known")
	if issuer == "" {
		f.add("issuer is empty: give the issuer of the tenant as it stands there, such as acme.com")
	}
	for _, one := range audiences {
		f.guid("the ID in the list", one)
	}
	return middleware.Issuer{URL: issuer, KeysURL: base + "/.well-known/jwks.json", Audiences: audiences}
}
