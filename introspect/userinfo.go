package introspect

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// tokenClaims lists claims that describe a token. A userinfo answer describes
// the user instead, so userClaims removes these claims from the answer.
var tokenClaims = []string{
	"active", "iss", "aud", "exp", "nbf", "iat", "jti", "client_id", "azp", "scope", "scp", "cnf", "acr", "auth_time", "token_type",
}

// InsecureUserInfo returns a client for servers that issue opaque tokens but do
// not support introspection. It sends each token to the userinfo endpoint
// (OpenID Connect Core 1.0 §5.3). If the endpoint answers 200, the token is
// active. For GitHub and Google, [GitHub] and [Google] are safer.
//
// The name says Insecure because a userinfo answer proves less than an
// introspection answer: it shows neither the audience nor the scopes of the
// token. A token that any application received for the user is therefore
// accepted. The verifier's issuer needs InsecureNoAudience, and routes that
// require scopes refuse every token. To avoid both, pass a claims function that
// derives aud and scope from the answer. If only the scopes are missing, you
// can instead list other members of the answer in the issuer's ScopeClaims.
//
// claims maps the members of the answer to the claims of the token. It is
// called concurrently. Numbers in the answer are of type [json.Number]. claims
// returns nil for a token that is not active. If claims is nil, the client uses
// all members except those with the names of token claims, such as aud and
// scope.
//
// An opaque or encrypted token does not show its issuer, so the endpoint also
// receives opaque and encrypted tokens of other issuers.
//
// Auth, Keys and RequireTokenType of config must be zero. Endpoint is the
// userinfo endpoint. If Endpoint is empty, the metadata of Issuer must contain
// the userinfo endpoint.
func InsecureUserInfo(config Config, claims func(answer map[string]any) map[string]any) (*Client, error) {
	if claims == nil {
		claims = userClaims
	}
	c, err := newFromClaims(config, "InsecureUserInfo", Auth{}, nil, func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
		answer, err := fetch.GetAs(ctx, c.http, endpoint, token)
		if refused, ok := errors.AsType[fetch.StatusError](err); ok && refused.Status == http.StatusUnauthorized {
			return nil, nil // RFC 6750 §3.1: the token is invalid
		}
		if err != nil {
			return nil, err
		}
		user, err := members(answer.Body)
		if err != nil {
			return nil, err
		}
		return claims(user), nil
	})
	if err != nil {
		return nil, err
	}
	c.endpointOf = func(m metadata) string { return m.UserInfoEndpoint }
	return c, nil
}

// userClaims is the default mapping. It removes tokenClaims from the answer.
func userClaims(answer map[string]any) map[string]any {
	claims := maps.Clone(answer)
	for _, name := range tokenClaims {
		delete(claims, name)
	}
	return claims
}
