package issuers_test

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// project is an ID of the samples.
const project = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

// products are servers that are run or rented.
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
}

func of(shape string, issuer func() middleware.Issuer) preset {
	return preset{shape: shape, issuers: func() []middleware.Issuer { return one(issuer()) }}
}
