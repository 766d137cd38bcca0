package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/testserver"
)

// golangJWTClaims are all the claims of the token, as a program would read them.
type golangJWTClaims struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
}

// newGolangJWT verifies with golang-jwt and keyfunc, and with all the options
// of golang-jwt that say what the verifier of Bearerguard was told.
func newGolangJWT(ctx context.Context, as *testserver.Server) (verify, error) {
	k, err := keyfunc.NewDefaultCtx(ctx, []string{as.Endpoint(testserver.JWKS)})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256", "ES256", "EdDSA"}),
		jwt.WithIssuer(as.Issuer()),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(),
	)
	return func(text string) error {
		var claims golangJWTClaims
		if _, err := parser.ParseWithClaims(text, &claims, k.Keyfunc); err != nil {
			return err
		}
		if !slices.Contains(strings.Fields(claims.Scope), scopes[0]) {
			return errors.New("the scope is missing")
		}
		return nil
	}, nil
}

// verifies reports whether a key of the set, as JSON, signed the token.
func verifies(set []byte, token string) error {
	k, err := keyfunc.NewJWKSetJSON(json.RawMessage(set))
	if err != nil {
		return err
	}
	_, err = jwt.Parse(token, k.Keyfunc)
	return err
}
