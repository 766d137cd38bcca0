package rival

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// mcpMiddleware returns RequireBearerToken of the Model Context Protocol's SDK.
// Users of the SDK supply the function that verifies a token. In mcpMiddleware,
// this function uses golang-jwt and keyfunc.
func mcpMiddleware() Protection {
	return Protection{
		Name: Rival{libraries: []library{{"MCP go-sdk", "github.com/modelcontextprotocol/go-sdk"}}}.String() + " with golang-jwt",
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			k, err := keysFor(ctx, s)
			if err != nil {
				return nil, err
			}
			need := s.Scope
			s.Scope = "" // RequireBearerToken checks the scope
			parser := golangJWTParser(s)
			verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
				claims, err := parseGolangJWT(parser, s, token, k.Keyfunc)
				if err != nil {
					return nil, errors.Join(auth.ErrInvalidToken, err)
				}
				return &auth.TokenInfo{Scopes: strings.Fields(claims.Scope), Expiration: claims.ExpiresAt.Time, UserID: claims.Subject}, nil
			}
			return routed(auth.RequireBearerToken(verify, &auth.RequireBearerTokenOptions{Scopes: []string{need}})(orders)), nil
		},
	}
}
