package migrate

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// goOIDCBefore follows the README, "OpenID Connect support for Go". That
// section verifies ID tokens. goOIDCBefore verifies access tokens, and passes
// their audience as the ClientID.
func goOIDCBefore(ctx context.Context, s Settings) (http.Handler, error) {
	provider, err := oidc.NewProvider(ctx, s.Issuer)
	if err != nil {
		return nil, err
	}
	v := provider.Verifier(&oidc.Config{ClientID: "https://api.example.com"})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := v.Verify(r.Context(), text)
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		var claims struct {
			Scope string `json:"scope"`
		}
		if err := token.Claims(&claims); err != nil || !slices.Contains(strings.Fields(claims.Scope), "orders:read") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		writeOrders(w, token.Subject)
	})
	return mux, nil
}
