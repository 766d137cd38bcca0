package introspect

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// deciding are the claims that a userinfo answer has no say in unless a mapping
// puts them there: what it says of the user is no word about the token.
var deciding = []string{
	"active", "iss", "aud", "exp", "nbf", "iat", "jti", "client_id", "azp", "scope", "scp", "cnf", "acr", "auth_time", "token_type",
}

// InsecureUserInfo returns a client for servers that issue opaque tokens but
// have no introspection: it presents each token to the userinfo endpoint (OpenID
// Connect Core 1.0 §5.3) and takes an answer for a sign of life. For GitHub and
// Google, [GitHub] and [Google] are safer.
//
// That is weaker than introspection, and named so: the answer shows neither
// whom the token was issued for nor what it allows, so that any application's
// token for the user passes. The verifier's issuer therefore needs
// InsecureNoAudience, and routes that require scopes refuse every token, unless
// claims makes these claims of the answer, or the issuer's ScopeClaims name
// something else that it says of the user. claims maps the members of the answer,
// whose numbers are [json.Number], to the claims of the token: nil for one that is
// not active. A nil claims takes those that describe the user. It is called
// concurrently.
//
// As any opaque or encrypted token may come from another issuer, the endpoint sees
// those too, as bearer tokens.
//
// Auth, Keys and RequireTokenType of config must be zero. Endpoint is the userinfo
// endpoint, or Issuer where metadata names it.
func InsecureUserInfo(config Config, claims func(answer map[string]any) map[string]any) (*Client, error) {
	if claims == nil {
		claims = describe
	}
	c, err := newAsking(config, "InsecureUserInfo", Auth{}, nil, func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
		answer, err := fetch.GetAs(ctx, c.http, endpoint, token)
		if refused, ok := errors.AsType[fetch.StatusError](err); ok && refused.Status == http.StatusUnauthorized {
			return nil, nil // RFC 6750 §3.1: the token, not we
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
	c.find = func(m metadata) string { return m.UserInfoEndpoint }
	return c, nil
}

// describe is the mapping that adds nothing.
func describe(answer map[string]any) map[string]any {
	claims := maps.Clone(answer)
	for _, name := range deciding {
		delete(claims, name)
	}
	return claims
}
