package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// deciding are the claims that a userinfo answer has no say in unless a mapping
// puts them there: what it says of the user is no word about the token.
var deciding = []string{
	"active", "iss", "aud", "exp", "nbf", "iat", "jti", "client_id", "azp", "scope", "scp", "cnf", "acr", "auth_time", "token_type",
}

// InsecureUserInfo returns a client for servers that issue opaque tokens but
// have no introspection (GitHub, Google): it presents each token to the userinfo
// endpoint (OpenID Connect Core 1.0 §5.3) and takes an answer for a sign of life.
//
// That is weaker than introspection, and named so: the answer tells neither
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
// Auth and Keys of config must be zero. Endpoint is the userinfo endpoint, or
// Issuer where metadata name it.
func InsecureUserInfo(config Config, claims func(answer map[string]any) map[string]any) (*Client, error) {
	given := config.Auth.apply != nil || config.Keys != nil
	config.Auth, config.Keys = Auth{apply: func(context.Context, *call) error { return nil }}, nil
	if err := config.check(); err != nil || given {
		if given {
			err = errors.Join(err, errors.New("introspect: Auth and Keys mean nothing to InsecureUserInfo: leave them out"))
		}
		return nil, err
	}
	if claims == nil {
		claims = describe
	}
	c := newClient(config, "userinfo")
	c.find = func(m metadata) string { return m.UserInfoEndpoint }
	c.exchange = func(ctx context.Context, endpoint, token string) (*Response, error) {
		answer, err := fetch.GetAs(ctx, c.http, endpoint, token)
		if refused, ok := errors.AsType[fetch.StatusError](err); ok && refused.Status == http.StatusUnauthorized {
			return inactive, nil // RFC 6750 §3.1: the token, not we
		}
		if err != nil {
			return nil, err
		}
		return mapped(answer.Body, claims)
	}
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

// mapped makes of a userinfo answer what introspection would have said.
func mapped(body []byte, mapping func(map[string]any) map[string]any) (*Response, error) {
	members := make(map[string]any)
	err := strictjson.Object(body, func(name string, value strictjson.Value) error {
		var v any
		dec := json.NewDecoder(strings.NewReader(string(value))) //nolint:forbidigo // the walk has read this text strictly
		dec.UseNumber()                                          // two users must not become one by rounding
		if dec.Decode(&v) != nil {
			return errAnswer
		}
		members[name] = v
		return nil
	})
	if err != nil {
		return nil, errAnswer
	}
	claims := maps.Clone(mapping(members)) // the mapping may return the same one again
	if claims == nil {
		return inactive, nil
	}
	claims["active"] = true
	data, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("%w: its mapping is not JSON", errAnswer)
	}
	return parse(data)
}
