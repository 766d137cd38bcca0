package issuers_test

import (
	"net/http"
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
)

var cloudFaults = []fault{
	{"https before a domain", one(issuers.Auth0("https://tenant.eu.auth0.com")), `Auth0: domain is "https://tenant.eu.auth0.com"`, "without https:// and slashes"},
	{"a slash after a domain", one(issuers.Auth0("tenant.eu.auth0.com/")), `Auth0: domain is "tenant.eu.auth0.com/"`, "without https:// and slashes"},
	{"a domain in capitals", one(issuers.Auth0("Tenant.eu.auth0.com")), `Auth0: domain is "Tenant.eu.auth0.com"`, "in lower case"},
	{"a domain that is not ASCII", one(issuers.Auth0("ténant.example.com")), `Auth0: domain is "ténant.example.com"`, "the name of a host"},
	{"a backslash in a domain", one(issuers.Auth0(`eve.example\.auth0.com`)), `Auth0: domain is "eve.example\\.auth0.com"`, "the name of a host"},
	{"an escape in a domain", one(issuers.Auth0("tenant%2eauth0.com")), `Auth0: domain is "tenant%2eauth0.com"`, "the name of a host"},
	{"two dots in a domain", one(issuers.Auth0("tenant..auth0.com")), `Auth0: domain is "tenant..auth0.com"`, "the name of a host"},
	{"a dot after a domain", one(issuers.Auth0("tenant.auth0.com.")), `Auth0: domain is "tenant.auth0.com."`, "the name of a host"},
	{"a port of letters", one(issuers.Auth0("tenant.auth0.com:https")), `Auth0: domain is "tenant.auth0.com:https"`, "the name of a host"},
	{"a fault survives what is built on it", one(issuers.Auth0RBAC(issuers.Auth0(""))), `Auth0: domain is ""`, "give the name of a host"},

	{"https before the domain of Okta", one(issuers.Okta("https://tenant.okta.com", "default")), `Okta: domain is`, "without https:// and slashes"},
	{"no server", one(issuers.Okta("tenant.okta.com", "")), `Okta: server is empty`, "tokens of the org server are for OktaOrg"},
	{"a URL for a server", one(issuers.Okta("tenant.okta.com", "https://tenant.okta.com/oauth2/aus1")), `Okta: server is "https://tenant.okta.com/oauth2/aus1"`, "without slashes"},
	{"the folder above for a server", one(issuers.Okta("tenant.okta.com", "..")), `Okta: server is ".."`, "as it stands in the URL"},
	{"no client", one(issuers.OktaOrg("tenant.okta.com", nil)), `OktaOrg: client is nil`, "give what introspect.New returns"},
	{"a custom server for the org server", one(issuers.OktaOrg("tenant.okta.com/oauth2/default", nil)), `OktaOrg: domain is "tenant.okta.com/oauth2/default"`, "is for Okta"},

	{"a domain for a tenant", issuers.Entra("acme.onmicrosoft.com", application), `Entra: tenant is "acme.onmicrosoft.com"`, "give its ID, a GUID"},
	{"a tenant in upper case", issuers.Entra(strings.ToUpper(otherTenant), application), `Entra: tenant is "BBBB`, "in lower case"},
	{"no single tenant", issuers.Entra("common", application), `Entra: tenant is "common"`, "several to EntraMultiTenant"},
	{"an issuer of version 1.0 for a tenant", issuers.Entra("https://sts.windows.net/"+tenant+"/", application), `Entra: tenant is "https://sts.windows.net/`, "only the GUID in it; the issuers of both versions"},
	{"an issuer of version 2.0 for a tenant", issuers.Entra("https://login.microsoftonline.com/"+tenant+"/v2.0", application), `Entra: tenant is "https://login.microsoftonline.com/`, "only the GUID in it; the issuers of both versions"},
	{"a name for an application", issuers.Entra(tenant, "orders-api"), `Entra: application is "orders-api"`, "give its ID, a GUID"},
	{"an Application ID URI for an application", issuers.Entra(tenant, "api://"+application), `Entra: application is "api://`, "give only the GUID in it"},
	{"an empty Application ID URI", issuers.Entra(tenant, application, ""), `Entra: uris has nothing, or an empty string`, "Application ID URIs such as"},
	{"only one version of a wrong tenant", issuers.Entra("acme", application)[1:], `Entra: tenant is "acme"`, "give its ID, a GUID"},
	{"roles of a wrong tenant", issuers.EntraRoles(issuers.Entra("acme", application)...), `Entra: tenant is "acme"`, "give its ID, a GUID"},
	{"a name among tenants", one(issuers.EntraMultiTenant(application, tenant, "acme")), `EntraMultiTenant: tenant is "acme"`, "give its ID, a GUID"},
	{"a name for an application of tenants", one(issuers.EntraMultiTenant("orders", tenant)), `EntraMultiTenant: application is "orders"`, "give its ID, a GUID"},
	{"a host for a name", one(issuers.B2C("shop.b2clogin.com", tenant, "B2C_1_signin", application)), `B2C: name is "shop.b2clogin.com"`, "give only the name before .b2clogin.com"},
	{"a name in capitals", one(issuers.B2C("Shop", tenant, "B2C_1_signin", application)), `B2C: name is "Shop"`, "in lower case"},
	{"no policy", one(issuers.B2C("shop", tenant, "", application)), `B2C: policy is ""`, "as it stands in the URL"},
	{"a name for a tenant of B2C", one(issuers.B2C("shop", "shop.onmicrosoft.com", "B2C_1_signin", application)), `B2C: tenant is "shop.onmicrosoft.com"`, "give its ID, a GUID"},
	{"a URL for an external tenant", one(issuers.ExternalID("https://shop.ciamlogin.com", application)), `ExternalID: tenant is "https://shop.ciamlogin.com"`, "give only the GUID"},
	{"an issuer for a host", one(issuers.ADFS("http://fs.example.com/adfs/services/trust")), `ADFS: host is "http://fs.example.com/adfs/services/trust"`, "without https:// and slashes"},

	{"no clients of Google", one(issuers.GoogleID()), `GoogleID: clients has nothing`, "give client IDs such as"},
	{"an empty client of Google", one(issuers.GoogleAccess(nil, "")), `GoogleAccess: clients has nothing, or an empty string`, "give client IDs such as"},
	{"no client to ask Google", one(issuers.GoogleAccess(nil, googleClient)), `GoogleAccess: client is nil`, "give what introspect.Google returns"},
	{"a URL for a service account", one(issuers.PubSubPush("https://orders.example.com/push")), `PubSubPush: serviceAccount is "https://orders.example.com/push"`, "give its email address"},
	{"a URL for an audience of the proxy", one(issuers.GoogleIAP("https://orders.example.com")), `GoogleIAP: audience is "https://orders.example.com"`, "give the Signed Header JWT Audience"},
	{"a number for a project", one(issuers.Firebase("123456")), `Firebase: project is "123456"`, "give the project ID such as"},
	{"an issuer for a project", one(issuers.Firebase("https://securetoken.google.com/shop")), `Firebase: project is "https://securetoken`, "without slashes"},

	{"a pool of another region", one(issuers.Cognito("eu-central-1", pool)), `Cognito: pool is "eu-west-1_AbC123dEf"`, "begins with region: eu-central-1_"},
	{"a user before the host of a pool", one(issuers.Cognito("eu-west-1@eve.example", "eu-west-1@eve.example_A")), `Cognito: region is "eu-west-1@eve.example"`, "its code such as eu-west-1"},
	{"a host for a region", one(issuers.Cognito("eve.example", "eve.example_A")), `Cognito: region is "eve.example"`, "its code such as eu-west-1"},
	{"a region in capitals", one(issuers.Cognito("EU-WEST-1", "EU-WEST-1_A")), `Cognito: region is "EU-WEST-1"`, "its code such as eu-west-1"},
	{"a URL for a pool", one(issuers.Cognito("eu-west-1", "https://cognito-idp.eu-west-1.amazonaws.com/"+pool)), `Cognito: pool is "https://`, "without slashes"},
	{"an identity provider without https", one(issuers.ALB(nil, "idp.example.com", "c1")), `ALB: issuer is "idp.example.com"`, "give a URL such as"},
	{"no client of the identity provider", one(issuers.ALB(nil, "https://idp.example.com", "")), `ALB: clientID has nothing`, "the client ID in the listener's rule"},
	{"no client to ask", one(issuers.ALB(nil, "https://idp.example.com", "c1")), `ALB: client is nil`, "give what introspect.ALB returns"},

	{"no owner", one(issuers.GitHubActions("")), `GitHubActions: owner is ""`, "as it stands in the URL"},
	{"a repository for an owner", one(issuers.GitHubActions("acme/orders")), `GitHubActions: owner is "acme/orders"`, "without slashes"},
	{"a host for an enterprise", one(issuers.GitHubActionsEnterprise("github.example.com")), `GitHubActionsEnterprise: enterprise is "github.example.com"`, "is for GitHubActionsServer"},
	{"no enterprise", one(issuers.GitHubActionsEnterprise("")), `GitHubActionsEnterprise: enterprise is ""`, "as it stands in the URL"},
	{"github.com for a server", one(issuers.GitHubActionsServer("github.com")), `GitHubActionsServer: host is "github.com"`, "are for GitHubActions"},
	{"github.com in capitals", one(issuers.GitHubActionsServer("GitHub.com")), `GitHubActionsServer: host is "GitHub.com"`, "in lower case"},
	{"an issuer for a server", one(issuers.GitHubActionsServer("https://github.example.com/_services/token")), `GitHubActionsServer: host is "https://`, "without https:// and slashes"},
	{"no app", one(issuers.GitHub(nil, "")), `GitHub: clientID has nothing`, "give the client ID of the app"},
	{"no client to ask GitHub", one(issuers.GitHub(nil, "Iv1")), `GitHub: client is nil`, "give what introspect.GitHub returns"},
	{"every project on gitlab.com", one(issuers.GitLabCI("https://gitlab.com", "")), `GitLabCI: namespace is empty`, "give the path of your group"},
	{"a host for GitLab", one(issuers.GitLabCI("gitlab.com", "acme")), `GitLabCI: base is "gitlab.com"`, "give a URL such as"},

	{"a cluster without a client", one(issuers.Kubernetes("https://kubernetes.default.svc", nil)), `Kubernetes: client is nil`, "trusts the CA of the cluster"},
	{"tokens from secrets", one(issuers.Kubernetes("kubernetes/serviceaccount", &http.Client{})), `Kubernetes: issuer is "kubernetes/serviceaccount"`, "give the issuer of projected tokens"},
	{"a cluster without https", one(issuers.Kubernetes("kubernetes.default.svc", &http.Client{})), `Kubernetes: issuer is "kubernetes.default.svc"`, "give a URL such as"},
	{"a scheme before a trust domain", one(issuers.SPIFFE("spiffe://example.org", "https://spire.example.org")), `SPIFFE: trustDomain is "spiffe://example.org"`, "without spiffe:// and slashes"},
	{"a bundle without https", one(issuers.SPIFFE("example.org", "spire.example.org")), `SPIFFE: bundleURL is "spire.example.org"`, "give a URL such as"},
	{"a trust domain for an issuer", one(issuers.SPIFFEIssuer("spiffe://example.org")), `SPIFFEIssuer: issuer is "spiffe://example.org"`, "a trust domain is for SPIFFE"},

	{"a host for a team", one(issuers.CloudflareAccess("acme.cloudflareaccess.com", tag)), `CloudflareAccess: team is "acme.cloudflareaccess.com"`, "give only the name before .cloudflareaccess.com"},
	{"a team in capitals", one(issuers.CloudflareAccess("Acme", tag)), `CloudflareAccess: team is "Acme"`, "in lower case"},
	{"a team that is not ASCII", one(issuers.CloudflareAccess("acmé", tag)), `CloudflareAccess: team is "acmé"`, "give only the name"},
	{"a URL for a tag", one(issuers.CloudflareAccess("acme", "https://orders.example.com")), `CloudflareAccess: tag is "https://orders.example.com"`, "Application Audience (AUD) tag"},
	{"no bundle ID", one(issuers.AppleID()), `AppleID: clients has nothing`, "bundle IDs and Services IDs"},
	{"a URL for a bundle ID", one(issuers.AppleID("https://orders.example.com")), `AppleID: clients has a URL in it`, "bundle IDs and Services IDs"},
	{"the login page for My Domain", one(issuers.Salesforce("login.salesforce.com", nil)), `Salesforce: domain is "login.salesforce.com"`, "give My Domain such as"},
	{"https before My Domain", one(issuers.Salesforce("https://acme.my.salesforce.com", nil)), `Salesforce: domain is "https://acme.my.salesforce.com"`, "without https:// and slashes"},
	{"opaque tokens of any app", one(issuers.Salesforce("acme.my.salesforce.com", must(introspect.New(introspect.Config{
		Endpoint: "https://acme.my.salesforce.com/services/oauth2/introspect", Auth: introspect.Post("api", "secret"),
	})))), `Salesforce: apps has nothing`, "consumer keys of connected apps"},
	{"https before the Frontend API", one(issuers.Clerk("https://clerk.example.com", "https://app.example.com")), `Clerk: frontend is "https://clerk.example.com"`, "without https:// and slashes"},
	{"no origins", one(issuers.Clerk("clerk.example.com")), `Clerk: origins has nothing`, "those of the web application"},
	{"an origin with a slash", one(issuers.Clerk("clerk.example.com", "https://app.example.com/")), `Clerk: origin is "https://app.example.com/"`, "without a slash at the end"},
	{"an origin without https", one(issuers.Clerk("clerk.example.com", "app.example.com")), `Clerk: origin is "app.example.com"`, "give it with https://"},
}
