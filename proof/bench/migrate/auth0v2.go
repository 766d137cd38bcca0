package migrate

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"
)

type auth0v2Claims struct {
	Scope        string `json:"scope"`
	Organization string `json:"org_id"`
}

func (auth0v2Claims) Validate(context.Context) error { return nil }

// auth0v2Before follows the section "Usage" of the README, and the
// http-jwks-example, which is in the folder to which the README refers.
func auth0v2Before(_ context.Context, s Settings) (http.Handler, error) {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	provider := jwks.NewCachingProvider(issuer, 5*time.Minute)
	v, err := validator.New(provider.KeyFunc, validator.RS256, s.Issuer, []string{"https://api.example.com"},
		validator.WithCustomClaims(func() validator.CustomClaims { return &auth0v2Claims{} }))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	check := jwtmiddleware.New(v.ValidateToken).CheckJWT
	mux.Handle("GET /orders", check(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
		claims := token.CustomClaims.(*auth0v2Claims)
		if !slices.Contains(strings.Fields(claims.Scope), "orders:read") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		writeOrders(w, claims.Organization)
	})))
	return mux, nil
}
