package rival

import (
	"context"

	"github.com/coreos/go-oidc/v3/oidc"
)

// GoOIDC follows the README, "OpenID Connect support for Go": it calls
// NewProvider with the issuer, Verifier with a ClientID, Verify, and then
// Claims with a struct. That section verifies ID tokens that a client received.
// GoOIDC verifies access tokens that an API received, and ClientID is the
// audience. The age of the key set cannot be configured. The library fetches
// the key set whenever no cached key verifies the token. The default client is
// http.DefaultClient, which has no timeout.
func GoOIDC() Rival {
	return Rival{
		libraries: []library{{"coreos/go-oidc", "github.com/coreos/go-oidc/v3"}},
		Open: func(ctx context.Context, s Settings) (Verifier, error) {
			provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.Client), s.Issuer)
			if err != nil {
				return nil, err
			}
			v := provider.Verifier(&oidc.Config{ClientID: Audience})
			return Func(func(ctx context.Context, token string) error {
				verified, err := v.Verify(ctx, token)
				if err != nil {
					return err
				}
				var claims struct {
					Scope string `json:"scope"`
				}
				if err := verified.Claims(&claims); err != nil {
					return err
				}
				return s.allows(claims.Scope)
			}), nil
		},
	}
}
