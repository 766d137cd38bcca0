package rivals

import (
	"context"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/bearerguard/bearerguard/testserver"
)

const goOIDCModule = "github.com/coreos/go-oidc/v3"

// goOIDC follows the README, "OpenID Connect support for Go": NewProvider with
// the issuer, Verifier with a ClientID, Verify, then Claims of a struct. That
// section verifies ID tokens that a client received; here the same calls verify
// what an API received, and ClientID is the audience.
func goOIDC() rival {
	return rival{
		Name:    "coreos/go-oidc",
		modules: []string{goOIDCModule},
		SetUp: source(`README, "OpenID Connect support for Go"`, goOIDCModule, "README.md#openid-connect-support-for-go") +
			", which is about ID tokens",
		Given:   "issuer, audience (as ClientID); header, refusals and scope by hand",
		ownCode: []kind{carrying, answering, scoping},
		newAPI: func(ctx context.Context, as *testserver.Server) (http.Handler, error) {
			provider, err := oidc.NewProvider(ctx, as.Issuer())
			if err != nil {
				return nil, err
			}
			verifier := provider.Verifier(&oidc.Config{ClientID: audience})
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				raw, ok := bearer(r)
				if !ok {
					http.Error(w, "missing token", http.StatusUnauthorized)
					return
				}
				token, err := verifier.Verify(r.Context(), raw)
				if err != nil {
					http.Error(w, "invalid token", http.StatusUnauthorized)
					return
				}
				var claims struct {
					Scope string `json:"scope"`
				}
				if err := token.Claims(&claims); err != nil {
					http.Error(w, "invalid token", http.StatusUnauthorized)
					return
				}
				if !hasScope(claims.Scope) {
					http.Error(w, "insufficient scope", http.StatusForbidden)
					return
				}
				orders(w, r)
			}), nil
		},
	}
}
