package migrate

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"
)

type auth0v3Claims struct {
	Scope        string `json:"scope"`
	Organization string `json:"org_id"`
}

func (*auth0v3Claims) Validate(context.Context) error { return nil }

// auth0v3Before follows the sections "Production Example with JWKS and Auth0"
// and "Custom Claims" of the README.
func auth0v3Before(_ context.Context, s Settings) (http.Handler, error) {
	issuer, err := url.Parse(s.Issuer)
	if err != nil {
		return nil, err
	}
	provider, err := jwks.NewCachingProvider(jwks.WithIssuerURL(issuer))
	if err != nil {
		return nil, err
	}
	v, err := validator.New(
		validator.WithKeyFunc(provider.KeyFunc),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuer(s.Issuer),
		validator.WithAudience("https://api.example.com"),
		validator.WithCustomClaims(func() *auth0v3Claims { return &auth0v3Claims{} }),
	)
	if err != nil {
		return nil, err
	}
	m, err := jwtmiddleware.New(jwtmiddleware.WithValidator(v))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", m.CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := jwtmiddleware.MustGetClaims[*validator.ValidatedClaims](r.Context())
		claims := token.CustomClaims.(*auth0v3Claims)
		if !slices.Contains(strings.Fields(claims.Scope), "orders:read") {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		writeOrders(w, claims.Organization)
	})))
	return mux, nil
}
