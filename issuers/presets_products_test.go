package issuers_test

import (
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
)

// products are servers that are run or rented.
var products = []preset{
	of("hydra", func() middleware.Issuer {
		return issuers.Hydra("https://hydra.example.com/", "https://api.example.com")
	}),
	of("ory-network", func() middleware.Issuer {
		return issuers.OryNetwork("great-hopper-a1b2c3d4e5", "https://api.example.com")
	}),
	of("zitadel", func() middleware.Issuer { return issuers.Zitadel("acme.zitadel.cloud", "218528353504723201") }),
}

func of(shape string, issuer func() middleware.Issuer) preset {
	return preset{shape: shape, issuers: func() []middleware.Issuer { return one(issuer()) }}
}
