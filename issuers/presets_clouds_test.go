package issuers_test

import (
	"net/http"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

const (
	tenant       = "11111111-2222-4333-8444-555555555555"
	otherTenant  = "bbbbbbbb-7777-4888-8999-aaaaaaaaaaaa"
	personal     = "9188040d-6c67-4c5b-b112-36a304b66dad"
	application  = "66666666-7777-4888-8999-aaaaaaaaaaaa"
	googleClient = "123-abc.apps.googleusercontent.com"
	pool         = "eu-west-1_AbC123dEf"
	tag          = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2"
)

// clouds lists the presets of cloud platforms.
var clouds = []preset{
	{shape: "auth0", issuers: func() []middleware.Issuer {
		return one(issuers.Auth0("tenant.eu.auth0.com", "https://orders.example.com"))
	}},
	{shape: "auth0-rbac", issuers: func() []middleware.Issuer {
		return one(issuers.Auth0RBAC(issuers.Auth0("tenant.eu.auth0.com", "https://orders.example.com")))
	}},
	{shape: "okta", issuers: func() []middleware.Issuer { return one(issuers.Okta("tenant.okta.com", "default", "api://default")) }},
	{shape: "okta-org", opaque: "eyJraWQiOiJrIiwiYWxnIjoiUlMyNTYifQ.e30.", withClient: func(c *http.Client) []middleware.Issuer {
		return one(issuers.OktaOrg("tenant.okta.com", must(introspect.New(introspect.Config{
			Issuer: "https://tenant.okta.com", Endpoint: "https://tenant.okta.com/oauth2/v1/introspect", Auth: introspect.Basic("api", "secret"), Client: c,
		}))))
	}},

	{shape: "entra-v2", issuers: func() []middleware.Issuer { return issuers.Entra(tenant, application) }},
	{shape: "entra-v1", issuers: func() []middleware.Issuer {
		return issuers.Entra(tenant, application, "https://orders.example.com")
	}},
	{shape: "entra-roles", issuers: func() []middleware.Issuer { return issuers.EntraRoles(issuers.Entra(tenant, application)...) }},
	{shape: "entra-multi-tenant", issuers: func() []middleware.Issuer {
		return one(issuers.EntraMultiTenant(application, tenant, otherTenant))
	}},
	{shape: "entra-personal", issuers: func() []middleware.Issuer {
		return one(issuers.EntraMultiTenant(application, tenant, personal))
	}},
	{shape: "b2c", issuers: func() []middleware.Issuer { return one(issuers.B2C("shop", tenant, "B2C_1_signin", application)) }},
	{shape: "external-id", issuers: func() []middleware.Issuer { return one(issuers.ExternalID(tenant, application)) }},
	{shape: "adfs", issuers: func() []middleware.Issuer {
		return one(issuers.ADFS("fs.example.com", "microsoft:identityserver:orders", "https://orders.example.com"))
	}},

	{shape: "google-id", issuers: func() []middleware.Issuer { return one(issuers.GoogleID(googleClient)) }},
	{shape: "google-access", opaque: "ya29.", unknown: http.StatusBadRequest, withClient: func(c *http.Client) []middleware.Issuer {
		return one(issuers.GoogleAccess(must(introspect.Google(introspect.Config{Client: c}, googleClient)), googleClient))
	}},
	{shape: "firebase", issuers: func() []middleware.Issuer { return one(issuers.Firebase("shop-4711")) }},
	{shape: "pubsub-push", issuers: func() []middleware.Issuer {
		return one(issuers.PubSubPush("push@shop-4711.iam.gserviceaccount.com", "https://orders.example.com/push"))
	}},
	{shape: "cloud-run", issuers: func() []middleware.Issuer { return one(issuers.CloudRun("https://orders-abc.a.run.app")) }},
	{shape: "google-iap", tokenHeader: issuers.IAPHeader, issuers: func() []middleware.Issuer {
		return one(issuers.GoogleIAP("/projects/123/global/backendServices/456"))
	}},

	{shape: "cognito", issuers: func() []middleware.Issuer {
		return one(issuers.Cognito("eu-west-1", pool, "7abcdefghijklmnopqrstuvwxy"))
	}},
	{shape: "cognito-resource", issuers: func() []middleware.Issuer { return one(issuers.Cognito("eu-west-1", pool)) }},
	{shape: "alb", tokenHeader: issuers.ALBHeader, mint: balancer.mint, issuers: func() []middleware.Issuer {
		return one(issuers.ALB(balancer.signers(), "https://idp.example.com", "c1"))
	}},

	{shape: "github-actions", issuers: func() []middleware.Issuer { return one(issuers.GitHubActions("acme", "orders-api")) }},
	{shape: "github-actions-enterprise", issuers: func() []middleware.Issuer {
		return one(issuers.GitHubActionsEnterprise("acme", "orders-api"))
	}},
	{shape: "github-actions-server", issuers: func() []middleware.Issuer {
		return one(issuers.GitHubActionsServer("github.example.com", "orders-api"))
	}},
	{shape: "github-actions-residency", issuers: func() []middleware.Issuer {
		return one(issuers.GitHubActionsServer("acme.ghe.com", "orders-api"))
	}},
	{shape: "github", opaque: "gho_", unknown: http.StatusNotFound, withClient: func(c *http.Client) []middleware.Issuer {
		const id = "Iv1.0123456789abcdef"
		return one(issuers.GitHub(must(introspect.GitHub(introspect.Config{Client: c}, id, "secret")), id))
	}},
	{shape: "gitlab-ci", issuers: func() []middleware.Issuer {
		return one(issuers.GitLabCI("https://gitlab.com", "acme", "orders-api"))
	}},

	{shape: "kubernetes", withClient: func(c *http.Client) []middleware.Issuer {
		return one(issuers.Kubernetes("https://kubernetes.default.svc.cluster.local", c, "orders-api"))
	}},
	{shape: "spiffe", issuers: func() []middleware.Issuer {
		return one(issuers.SPIFFE("example.org", "https://spire.example.org:8443", "orders-api"))
	}},
	{shape: "spiffe-issuer", issuers: func() []middleware.Issuer {
		return one(issuers.SPIFFEIssuer("https://spire.example.org", "orders-api"))
	}},

	{shape: "cloudflare-access", tokenHeader: issuers.CloudflareHeader, issuers: func() []middleware.Issuer {
		return one(issuers.CloudflareAccess("acme", tag))
	}},
	{shape: "apple", issuers: func() []middleware.Issuer {
		return one(issuers.AppleID("com.example.orders", "com.example.orders.web"))
	}},
	{shape: "salesforce", issuers: func() []middleware.Issuer {
		return one(issuers.Salesforce("acme.my.salesforce.com", nil, "3MVG9EXAMPLE.App"))
	}},
	{shape: "salesforce-opaque", opaque: "00D000000000001!AQx", withClient: func(c *http.Client) []middleware.Issuer {
		return one(issuers.Salesforce("acme.my.salesforce.com", must(introspect.New(introspect.Config{
			Endpoint: "https://acme.my.salesforce.com/services/oauth2/introspect", Auth: introspect.Post("api", "secret"), Client: c,
		})), "3MVG9EXAMPLE.App"))
	}},
	{shape: "clerk", issuers: func() []middleware.Issuer {
		return one(issuers.Clerk("clerk.example.com", "https://app.example.com", "https://admin.example.com"))
	}},
}

// must returns a client, and panics if its configuration is invalid.
func must(c *introspect.Client, err error) *introspect.Client {
	if err != nil {
		panic(err)
	}
	return c
}
