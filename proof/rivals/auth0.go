package rivals

import (
	"context"
	"net/http"
	"net/url"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/jwks"
	"github.com/auth0/go-jwt-middleware/v2/validator"

	"github.com/bearerguard/bearerguard/testserver"
)

const auth0Module = "github.com/auth0/go-jwt-middleware/v2"

// auth0 follows the README, "Usage": validator.New with a key function, one
// algorithm, the issuer and the audience, then jwtmiddleware.New with
// ValidateToken and nothing else. The README has a shared secret there and
// sends readers on to the folder examples, where http-jwks-example puts a
// CachingProvider of five minutes and RS256 in its place. Neither looks at
// scopes; the claim is read by the type that validator.WithCustomClaims asks for.
func auth0() rival {
	return rival{
		Name:    "auth0/go-jwt-middleware",
		modules: []string{auth0Module},
		SetUp: source(`README, "Usage"`, auth0Module, "README.md#usage") + ", with the keys of the folder that it names, " +
			source("http-jwks-example", auth0Module, "examples/http-jwks-example/main.go"),
		Given:   "issuer, audience, RS256; scope by hand",
		ownCode: []kind{scoping},
		newAPI: func(_ context.Context, as *testserver.Server) (http.Handler, error) {
			issuerURL, err := url.Parse(as.Issuer())
			if err != nil {
				return nil, err
			}
			provider := jwks.NewCachingProvider(issuerURL, 5*time.Minute)
			jwtValidator, err := validator.New(
				provider.KeyFunc,
				validator.RS256,
				issuerURL.String(),
				[]string{audience},
				validator.WithCustomClaims(func() validator.CustomClaims { return &auth0Claims{} }),
			)
			if err != nil {
				return nil, err
			}
			middleware := jwtmiddleware.New(jwtValidator.ValidateToken)
			return middleware.CheckJWT(http.HandlerFunc(auth0Orders)), nil
		},
	}
}

type auth0Claims struct {
	Scope string `json:"scope"`
}

func (auth0Claims) Validate(context.Context) error { return nil }

func auth0Orders(w http.ResponseWriter, r *http.Request) {
	claims, ok := r.Context().Value(jwtmiddleware.ContextKey{}).(*validator.ValidatedClaims)
	if !ok {
		http.Error(w, "failed to get validated claims", http.StatusInternalServerError)
		return
	}
	if custom, ok := claims.CustomClaims.(*auth0Claims); !ok || !hasScope(custom.Scope) {
		http.Error(w, "insufficient scope", http.StatusForbidden)
		return
	}
	orders(w, r)
}
