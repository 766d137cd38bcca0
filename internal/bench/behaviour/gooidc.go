package main

import (
	"context"

	"github.com/coreos/go-oidc/v3/oidc"
)

// goOIDC follows the README, "OpenID Connect support for Go": NewProvider with
// the issuer, Verifier with a ClientID, which is the audience here, and Verify.
// It has no age to set: keys are fetched when one is missing. Its client is
// http.DefaultClient, without a timeout.
func goOIDC() rival {
	return rival{
		libraries: []library{{"coreos/go-oidc", "github.com/coreos/go-oidc/v3"}},
		open: func(ctx context.Context, s settings) (verifier, error) {
			provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), s.issuer)
			if err != nil {
				return nil, err
			}
			v := provider.Verifier(&oidc.Config{ClientID: audience})
			return verify(func(ctx context.Context, token string) error {
				_, err := v.Verify(ctx, token)
				return err
			}), nil
		},
	}
}
