package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Entra accepts the access tokens of a tenant of Microsoft Entra ID.
// application is the application (client) ID of the API's registration. Entra
// returns two issuers, for access tokens of version 2.0 and of version 1.0. The
// version depends on requestedAccessTokenVersion in the manifest of the API,
// not on the endpoint that the client uses. The accepted audiences are the
// application ID, api://ID, and uris, which are the other Application ID URIs
// of the API. ID tokens have neither azp nor appid, and are refused. Tokens for
// Microsoft Graph are refused too: only Graph can verify them.
func Entra(tenant, application string, uris ...string) []middleware.Issuer {
	f := &faults{function: "Entra"}
	tenant, audiences := f.tenant(tenant), f.application(application, uris)
	v2 := middleware.Issuer{
		URL: "https://login.microsoftonline.com/" + tenant + "/v2.0", Audiences: audiences, Mark: "azp", ClientIDClaims: []string{"azp", "appid"},
	}
	v1 := v2
	v1.URL, v1.Mark = "https://sts.windows.net/"+tenant+"/", "appid"
	return []middleware.Issuer{f.attach(v2), f.attach(v1)}
}

// EntraMultiTenant accepts the access tokens of several tenants of Microsoft
// Entra ID. tenants are the IDs of these tenants. To accept all tenants, pass
// no tenants and set AnyTenant of the returned issuer. Beware: any user can
// create a tenant. application is the application (client) ID of the API's
// registration. The registration must allow accounts in any directory, and
// requestedAccessTokenVersion in its manifest must be 2. The tenant of personal
// accounts is 9188040d-6c67-4c5b-b112-36a304b66dad.
func EntraMultiTenant(application string, tenants ...string) middleware.Issuer {
	f := &faults{function: "EntraMultiTenant"}
	for _, tenant := range tenants {
		f.tenant(tenant)
	}
	return f.attach(middleware.Issuer{
		URL:         "https://login.microsoftonline.com/{tenantid}/v2.0",
		MetadataURL: "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
		Tenants:     tenants, Audiences: f.application(application, nil), Mark: "azp", ClientIDClaims: []string{"azp", "appid"},
	})
}

// EntraRoles makes the issuers of [Entra] or [EntraMultiTenant] use app roles
// as scopes, in addition to delegated scopes. Tokens of applications without a
// user have only roles. Tokens of users may have both roles and scopes. Routes
// cannot distinguish a role from a scope of the same name, so give them
// different names.
func EntraRoles(all ...middleware.Issuer) []middleware.Issuer {
	list := make([]middleware.Issuer, len(all))
	for n, i := range all {
		i.ScopeClaims, i.ScopeUnion = []string{"scp", "roles"}, true
		list[n] = i
	}
	return list
}

// B2C accepts the access tokens of a tenant of Azure AD B2C. name is the part
// of the host before .b2clogin.com. tenant is the ID of the tenant. policy is a
// user flow or custom policy, such as B2C_1_signin. application is the
// application (client) ID of the API. ID tokens lack the claim scp, and are
// refused. Tokens of all policies of the tenant have the same issuer and are
// accepted. To accept only one policy, require it with scopes.Claim("tfp",
// "b2c_1_signin"), or with the claim "acr" for older policies.
func B2C(name, tenant, policy, application string) middleware.Issuer {
	f := &faults{function: "B2C"}
	name, policy = f.label("name", name, "b2clogin.com"), f.pathElement("policy", policy)
	host := "https://" + name + ".b2clogin.com/"
	return f.attach(middleware.Issuer{
		URL:         host + f.tenant(tenant) + "/v2.0/",
		MetadataURL: host + name + ".onmicrosoft.com/" + policy + "/v2.0/.well-known/openid-configuration",
		Audiences:   f.application(application, nil)[:1:1], Mark: "scp", ClientIDClaims: []string{"azp"},
	})
}

// ExternalID accepts the access tokens of an external tenant of Microsoft Entra
// External ID. application is the application (client) ID of the API's
// registration. uris are the Application ID URIs of this registration, except
// api://ID. The host in iss contains the tenant's ID, regardless of the host at
// which users log in.
func ExternalID(tenant, application string, uris ...string) middleware.Issuer {
	f := &faults{function: "ExternalID"}
	tenant = f.tenant(tenant)
	return f.attach(middleware.Issuer{
		URL:       "https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0",
		Audiences: f.application(application, uris), Mark: "azp", ClientIDClaims: []string{"azp", "appid"},
	})
}

// ADFS accepts the access tokens of Active Directory Federation Services 2016
// or later at host, such as fs.example.com. Their iss is
// http://HOST/adfs/services/trust. ID tokens are refused because their iss is
// different. identifiers are the identifiers of the Web API in its application
// group. Tokens often have no sub: add a claim rule that issues sub, or
// identify users by the claim upn.
func ADFS(host string, identifiers ...string) middleware.Issuer {
	f := &faults{function: "ADFS"}
	f.host("host", strings.ToLower(host)) // iss may have capitals
	return f.attach(middleware.Issuer{
		URL:            "http://" + host + "/adfs/services/trust",
		MetadataIssuer: "https://" + host + "/adfs",
		MetadataURL:    "https://" + host + "/adfs/.well-known/openid-configuration",
		Audiences:      identifiers, ClientIDClaims: []string{"appid"},
	})
}

// tenant checks the ID of a tenant.
func (f *faults) tenant(text string) string {
	switch {
	case text == "common" || text == "organizations" || text == "consumers":
		f.add("tenant is %q: give its ID, or use EntraMultiTenant for several tenants", text)
		return text
	case strings.Contains(text, "sts.windows.net") || strings.HasSuffix(text, "/v2.0"):
		f.add("tenant is %q: give only the GUID in it, which is used for the issuers of both versions", text)
		return text
	}
	return f.guid("tenant", text)
}

// application returns the audiences that the access tokens of an API may have.
func (f *faults) application(id string, uris []string) []string {
	if id = f.guid("application", id); len(uris) > 0 {
		f.nonEmpty("uris", uris, "Application ID URIs such as https://orders.example.com, or nothing")
	}
	return append([]string{id, "api://" + id}, uris...)
}
