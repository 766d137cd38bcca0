package introspect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// Google returns a client for Google's access tokens (ya29.…), which its
// tokeninfo endpoint describes to anybody. A token that was not issued to one
// of clientIDs is not active. Neither is one without a scope, such as an ID
// token.
//
// The claims are aud (the client identifier, so the verifier's audiences are
// clientIDs), client_id (azp, or else aud), scope and exp. If Google sends
// them, they include sub, email and email_verified.
//
// config.Endpoint is the tokeninfo endpoint; "" is
// https://oauth2.googleapis.com/tokeninfo. It is asked as Google's own
// libraries do: by POST, with the token as bearer token. Auth, Keys and
// RequireTokenType must be zero. Issuer is optional. Since any opaque or
// encrypted token may come from another issuer, Google sees those too.
func Google(config Config, clientIDs ...string) (*Client, error) {
	var fault error
	if len(clientIDs) == 0 || slices.Contains(clientIDs, "") {
		fault = errors.New("introspect: Google needs client identifiers, none of them empty: it describes the tokens of any client")
	}
	if config.Endpoint == "" {
		config.Endpoint = "https://oauth2.googleapis.com/tokeninfo"
	}
	clientIDs = slices.Sorted(slices.Values(clientIDs))
	auth := Auth{clientID: fmt.Sprintf("%q", clientIDs)}
	return newAsking(config, "Google", auth, fault, func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
		answer, err := fetch.Post(ctx, c.http, endpoint, "", http.Header{"Authorization": {"Bearer " + token}})
		refused, isStatus := errors.AsType[fetch.StatusError](err)
		switch {
		case isStatus && (refused.Status == http.StatusBadRequest || refused.Status == http.StatusUnauthorized):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return googleClaims(answer.Body, clientIDs)
	})
}

// googleClaims reads a description of a token, whose numbers and booleans are
// strings.
func googleClaims(body []byte, clientIDs []string) (map[string]any, error) {
	answer, err := members(body)
	if err != nil {
		return nil, err
	}
	var odd bool
	audience := member[string](answer, "aud", &odd)
	client := member[string](answer, "azp", &odd)
	subject := member[string](answer, "sub", &odd)
	scope := member[string](answer, "scope", &odd)
	email := member[string](answer, "email", &odd)
	verified := fmt.Sprint(answer["email_verified"]) // in older answers a boolean
	expiry, err := strconv.ParseInt(fmt.Sprint(answer["exp"]), 10, 64)
	switch {
	case odd || err != nil:
		return nil, errAnswer
	case !slices.Contains(clientIDs, audience), scope == "":
		return nil, nil
	}
	claims := map[string]any{"aud": audience, "client_id": client, "scope": scope, "exp": expiry}
	if client == "" {
		claims["client_id"] = audience
	}
	if subject != "" {
		claims["sub"] = subject
	}
	if email != "" {
		claims["email"], claims["email_verified"] = email, verified == "true"
	}
	return claims, nil
}
