package issuers

import "github.com/bearerguard/bearerguard/middleware"

// FusionAuth accepts the access tokens of a FusionAuth server at base. issuer
// is the issuer of the tenant (Tenants, General, Issuer). FusionAuth allows any
// text there, and a new tenant has acme.com. applications are the IDs of the
// applications whose users may call the API. The roles of these users are used
// as the scopes of the token. Tokens without the claim applicationId are
// refused. These are the ID tokens (since version 1.24), and the access tokens
// of users who are not registered for an application. Choose an RSA or EC key
// as the signing key of access tokens: the default key is a shared secret,
// which is not accepted.
func FusionAuth(base, issuer string, applications ...string) middleware.Issuer {
	f := &faults{function: "FusionAuth"}
	i := fusionAuth(f, base, issuer, applications)
	i.Mark, i.ScopeClaims = "applicationId", []string{"roles"}
	return f.attach(i)
}

// FusionAuthEntity accepts the tokens that a FusionAuth server issues for the
// client credentials grant. With such a token, an entity calls another entity.
// entities are the IDs of the entities that represent the API. The permissions
// in a token are used as its scopes. base and issuer are as for [FusionAuth].
// These tokens are signed with the key of the entity type, not with the key of
// an application.
func FusionAuthEntity(base, issuer string, entities ...string) middleware.Issuer {
	f := &faults{function: "FusionAuthEntity"}
	i := fusionAuth(f, base, issuer, entities)
	i.ScopeClaims = []string{"permissions"}
	return f.attach(i)
}

func fusionAuth(f *faults, base, issuer string, audiences []string) middleware.Issuer {
	base = f.baseBefore("base", base, "/.well-known")
	if issuer == "" {
		f.add("issuer is empty: give the issuer in the settings of the tenant, such as acme.com")
	}
	for _, one := range audiences {
		f.guid("an ID in the list", one)
	}
	return middleware.Issuer{URL: issuer, KeysURL: base + "/.well-known/jwks.json", Audiences: audiences}
}
