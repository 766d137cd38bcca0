package snippets

import (
	"context"

	"github.com/bearerguard/bearerguard/middleware"
)

func severalRealms(known func(context.Context, string) (bool, error)) middleware.Config {
	return middleware.Config{
		Audience: "https://api.example.com",
		Issuers: []middleware.Issuer{
			{
				URL:         "https://login.microsoftonline.com/{tenantid}/v2.0",
				MetadataURL: "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
				Tenants:     []string{"72f988bf-86f1-41af-91ab-2d7cd011db47"},
				Audiences:   []string{"11111111-2222-3333-4444-555555555555"}, // the ID of the application
				Mark:        "azp",                                            // an ID token has no azp
				ScopeClaims: []string{"scp", "roles"}, ScopeUnion: true,
			},
		},
		IssuerPatterns: []string{"https://id.example.com/realms/*"},
		IssuerFor: func(ctx context.Context, iss string) (*middleware.Issuer, error) {
			if ok, err := known(ctx, iss); !ok || err != nil {
				return nil, err
			}
			return &middleware.Issuer{URL: iss, Mark: "typ=Bearer"}, nil
		},
	}
}
