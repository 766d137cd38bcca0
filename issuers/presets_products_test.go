package issuers_test

import (
	"net/http"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// project is an ID that the sample tokens contain.
const project = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

// products lists the presets of authorization server products, both self-hosted
// and hosted. Keycloak has a list of its own.
var products = []preset{
	of("hydra", func() middleware.Issuer {
		return issuers.Hydra("https://hydra.example.com/", "https://api.example.com")
	}),
	of("ory-network", func() middleware.Issuer {
		return issuers.OryNetwork("great-hopper-a1b2c3d4e5", "https://api.example.com")
	}),
	of("zitadel", func() middleware.Issuer { return issuers.Zitadel("acme.zitadel.cloud", "218528353504723201") }),
	of("dex", func() middleware.Issuer { return issuers.Dex("https://id.example.com/dex", "web") }),
	of("authentik", func() middleware.Issuer {
		return issuers.Authentik("https://auth.example.com", "orders", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD")
	}),
	of("authelia", func() middleware.Issuer {
		return issuers.Authelia("https://auth.example.com", "https://api.example.com")
	}),
	of("duende", func() middleware.Issuer { return issuers.Duende("https://id.example.com", "orders-api") }),
	of("identityserver4", func() middleware.Issuer {
		return issuers.Duende("https://id.example.com", "https://id.example.com/resources")
	}),
	of("openiddict", func() middleware.Issuer { return issuers.OpenIddict("https://id.example.com", "orders-api") }),
	of("spring-as", func() middleware.Issuer { return issuers.SpringAS("https://id.example.com", "web") }),
	of("pingone", func() middleware.Issuer { return issuers.PingOne(project, "eu", "orders-api") }),
	of("pingfederate", func() middleware.Issuer { return issuers.PingFederate("https://sso.example.com", "orders-api") }),
	of("pingam", func() middleware.Issuer {
		return issuers.PingAM("https://am.example.com:443/am/oauth2/realms/root/realms/alpha", "web")
	}),
	of("wso2", func() middleware.Issuer {
		return issuers.WSO2("https://id.example.com:9443", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0a")
	}),
	of("curity", func() middleware.Issuer {
		return issuers.Curity("https://id.example.com/oauth/v2/oauth-anonymous", "orders-api")
	}),
	of("gravitee", func() middleware.Issuer { return issuers.Gravitee("https://am.example.com", "shop", "web") }),
	of("xsuaa", func() middleware.Issuer {
		return issuers.XSUAA("https://acme.authentication.eu10.hana.ondemand.com", "orders!t1")
	}),
	of("ias", func() middleware.Issuer { return issuers.IAS("https://acme.accounts.ondemand.com", project) }),
	of("casdoor", func() middleware.Issuer { return issuers.Casdoor("https://door.example.com", "0a1b2c3d4e5f60718293") }),
	of("casdoor-custom", func() middleware.Issuer {
		i := issuers.Casdoor("https://door.example.com", "0a1b2c3d4e5f60718293")
		i.Mark = "TokenType=access-token"
		return i
	}),
	of("logto", func() middleware.Issuer { return issuers.Logto("https://acme.logto.app", "https://api.example.com") }),
	of("fusionauth", func() middleware.Issuer { return issuers.FusionAuth("https://auth.example.com", "acme.com", project) }),
	of("fusionauth-entity", func() middleware.Issuer {
		return issuers.FusionAuthEntity("https://auth.example.com", "acme.com", project)
	}),
	of("kinde", func() middleware.Issuer { return issuers.Kinde("acme.kinde.com", "https://api.example.com") }),
	of("supabase", func() middleware.Issuer { return issuers.Supabase("abcdefghijklmnopqrst") }),
	of("workos", func() middleware.Issuer { return issuers.WorkOS("client_01ABCDEF") }),
	of("authkit", func() middleware.Issuer { return issuers.AuthKit("acme.authkit.app", "https://api.example.com") }),
	of("descope", func() middleware.Issuer { return issuers.Descope("P2abcdefghijklmnopqrstuvwxyz") }),
	of("stytch", func() middleware.Issuer { return issuers.Stytch("project-test-"+project, "https://test.stytch.com") }),
	of("stytch-domain", func() middleware.Issuer { return issuers.Stytch("project-live-"+project, "https://login.example.com") }),

	{shape: "hydra-opaque", opaque: "ory_at_", withClient: func(c *http.Client) []middleware.Issuer {
		i := issuers.Hydra("https://hydra.example.com/", "https://api.example.com")
		i.Introspection, i.Fault = introspect.New(introspect.Config{
			Endpoint: "https://hydra-admin.example.com/admin/oauth2/introspect", Auth: introspect.Basic("api", "secret"), Client: c,
		})
		return one(i)
	}},
	{shape: "zitadel-opaque", opaque: "zit-", withClient: func(c *http.Client) []middleware.Issuer {
		i := issuers.Zitadel("acme.zitadel.cloud", "218528353504723201")
		i.Introspection, i.Fault = introspect.New(introspect.Config{
			Endpoint: "https://acme.zitadel.cloud/oauth/v2/introspect", Auth: introspect.Basic("api", "secret"), Client: c,
		})
		return one(i)
	}},
	{shape: "authentik-opaque", opaque: "auk-", withClient: func(c *http.Client) []middleware.Issuer {
		i := issuers.Authentik("https://auth.example.com", "orders", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD")
		i.Introspection, i.Fault = introspect.New(introspect.Config{
			Endpoint: "https://auth.example.com/application/o/introspect/", Auth: introspect.Basic("api", "secret"), Client: c,
		})
		return one(i)
	}},
	{shape: "doorkeeper", opaque: "dk-", withClient: func(c *http.Client) []middleware.Issuer {
		conf := introspect.Config{Auth: introspect.Basic("api", "secret"), Client: c}
		return one(issuers.Doorkeeper("https://app.example.com", conf, "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD"))
	}},
	{shape: "gitlab", opaque: "gl-", withClient: func(c *http.Client) []middleware.Issuer {
		conf := introspect.Config{Auth: introspect.Basic("api", "secret"), Client: c}
		return one(issuers.GitLab("https://gitlab.example.com", conf, "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"))
	}},
	{shape: "django-oauth-toolkit", opaque: "dj-", withClient: func(c *http.Client) []middleware.Issuer {
		conf := introspect.Config{Auth: introspect.Basic("api", "secret"), Client: c}
		return one(issuers.DjangoOAuthToolkit("https://id.example.com/o", conf, "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD"))
	}},
}

func of(shape string, issuer func() middleware.Issuer) preset {
	return preset{shape: shape, issuers: func() []middleware.Issuer { return one(issuer()) }}
}
