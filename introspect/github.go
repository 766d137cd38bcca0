package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// GitHub returns a client for the user tokens of an OAuth app or a GitHub App
// (gho_, ghu_). GitHub checks a token only for the app to which the token was
// issued (POST /applications/{client_id}/token of the REST API, version
// 2022-11-28). Tokens of other apps and personal access tokens are therefore
// not active.
//
// The claims are sub (the user's numeric ID, as a string), username (the
// login), client_id, aud, scope and, for tokens that expire, exp. Both
// client_id and aud are clientID, so clientID must be the verifier's audience.
// Tokens of GitHub Apps have no scopes.
//
// config.Endpoint is the base URL of the REST API. "" means
// https://api.github.com. For GitHub Enterprise Server, use
// https://HOST/api/v3. Auth, Keys and RequireTokenType must be zero. Issuer is
// optional. A 404 means that the token is not active. A 422 is an error,
// because GitHub may also send a 422 to a client that makes too many requests.
func GitHub(config Config, clientID, clientSecret string) (*Client, error) {
	var fault error
	if err := missing("GitHub", clientID, clientSecret); err != nil {
		fault = fmt.Errorf("introspect: %w", err)
	}
	if config.Endpoint == "" {
		config.Endpoint = "https://api.github.com"
	}
	if joined, err := url.JoinPath(config.Endpoint, "applications", url.PathEscape(clientID), "token"); err == nil { // otherwise Config.check reports the invalid URL
		config.Endpoint = joined
	}
	auth := Basic(clientID, clientSecret)
	auth.fault = nil // reported above
	return newFromClaims(config, "GitHub", auth, fault, func(ctx context.Context, c *Client, endpoint, token string) (map[string]any, error) {
		body, err := json.Marshal(map[string]string{"access_token": token})
		if err != nil {
			return nil, errAnswer
		}
		request := &call{header: http.Header{
			"Accept": {"application/vnd.github+json"}, "Content-Type": {"application/json"}, "X-Github-Api-Version": {"2022-11-28"},
		}}
		if err := auth.apply(ctx, request); err != nil {
			return nil, err
		}
		answer, err := fetch.Post(ctx, c.http, endpoint, string(body), request.header)
		refused, isStatus := errors.AsType[fetch.StatusError](err)
		switch {
		case isStatus && refused.Status == http.StatusNotFound && hasMessage(answer.Body):
			return nil, nil
		case isStatus:
			return nil, c.refusal(answer, refused)
		case err != nil:
			return nil, err
		}
		return gitHubClaims(answer.Body, clientID)
	})
}

// hasMessage reports whether an answer has a string member "message", as all
// GitHub errors do. A 404 without this member does not come from GitHub. In
// this case, Endpoint is wrong, and the token may be valid.
func hasMessage(body []byte) (has bool) {
	err := strictjson.LooseObject(body, func(name string, value strictjson.Value) error {
		has = has || name == "message" && value.Kind() == '"'
		return nil
	})
	return has && err == nil
}

// gitHubClaims returns the claims in GitHub's answer. It leaves out the token,
// which the answer also contains.
func gitHubClaims(body []byte, clientID string) (map[string]any, error) {
	answer, err := members(body)
	if err != nil {
		return nil, err
	}
	var wrongType bool
	app := member[map[string]any](answer, "app", &wrongType)
	user := member[map[string]any](answer, "user", &wrongType)
	issuedTo := member[string](app, "client_id", &wrongType)
	login := member[string](user, "login", &wrongType)
	expiry := member[string](answer, "expires_at", &wrongType)
	var scopes []string
	for _, one := range member[[]any](answer, "scopes", &wrongType) {
		scope, ok := one.(string)
		wrongType = wrongType || !ok || strings.Contains(scope, " ") // a scope with a space would become two scopes
		scopes = append(scopes, scope)
	}
	id, err := member[json.Number](user, "id", &wrongType).Int64()
	switch {
	case wrongType:
		return nil, errAnswer
	case issuedTo != clientID:
		return nil, nil
	case err != nil || id <= 0 || login == "":
		return nil, fmt.Errorf("%w: user has no id or no login", errAnswer)
	}
	claims := map[string]any{
		"sub": strconv.FormatInt(id, 10), "username": login, "client_id": clientID, "aud": []string{clientID}, "scope": strings.Join(scopes, " "),
	}
	if expiry != "" {
		at, err := time.Parse(time.RFC3339, expiry)
		if err != nil {
			return nil, fmt.Errorf("%w: expires_at is not a date", errAnswer)
		}
		claims["exp"] = at.Unix()
	}
	return claims, nil
}
