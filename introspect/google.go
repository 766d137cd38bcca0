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

// Google returns a client for Google's access tokens (ya29.…). It queries
// Google's tokeninfo endpoint, which describes a token to any client. A token
// is active only if it was issued to one of clientIDs and has a scope. ID
// tokens, for example, have no scope.
//
// The claims are aud, client_id, scope and exp. They include sub, email and
// email_verified if Google sends these. The aud is the client identifier, so
// clientIDs must be the verifier's audiences. The client_id is azp or, if azp
// is absent, aud.
//
// config.Endpoint is the tokeninfo endpoint. "" means
// https://oauth2.googleapis.com/tokeninfo. Like Google's own libraries, the
// client sends a POST with the token in the Authorization header field. Auth,
// Keys and RequireTokenType must be zero. Issuer is optional. An opaque or
// encrypted token does not show its issuer, so Google also receives opaque and
// encrypted tokens of other issuers.
func Google(config Config, clientIDs ...string) (*Client, error) {
	var fault error
	if len(clientIDs) == 0 || slices.Contains(clientIDs, "") {
		fault = errors.New("introspect: Google needs at least one client identifier, and each must be non-empty")
	}
	if config.Endpoint == "" {
		config.Endpoint = "https://oauth2.googleapis.com/tokeninfo"
	}
	clientIDs = slices.Sorted(slices.Values(clientIDs))
	auth := Auth{clientID: fmt.Sprintf("%q", clientIDs)}
	return newFromClaims(config, "Google", auth, fault, func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
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

// googleClaims returns the claims in Google's answer, in which numbers and
// booleans are strings.
func googleClaims(body []byte, clientIDs []string) (map[string]any, error) {
	answer, err := members(body)
	if err != nil {
		return nil, err
	}
	var wrongType bool
	audience := member[string](answer, "aud", &wrongType)
	client := member[string](answer, "azp", &wrongType)
	subject := member[string](answer, "sub", &wrongType)
	scope := member[string](answer, "scope", &wrongType)
	email := member[string](answer, "email", &wrongType)
	verified := fmt.Sprint(answer["email_verified"]) // a string, but a boolean in older answers
	expiry, err := strconv.ParseInt(fmt.Sprint(answer["exp"]), 10, 64)
	switch {
	case wrongType || err != nil:
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
