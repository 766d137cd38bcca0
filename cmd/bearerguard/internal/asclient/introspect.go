package asclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Introspect returns whether a token is active, and all members of the answer
// (RFC 7662). The hint is the type of the token, or "" if the type is unknown.
func (c *Client) Introspect(ctx context.Context, token, hint string) (active bool, members map[string]any, err error) {
	const doing = "introspection failed"
	if err := c.checkEndpoint("introspection", c.server.Introspection); err != nil {
		return false, nil, err
	}
	members, err = c.hiding(token).post(ctx, doing, c.server.Introspection, tokenForm(token, hint), c.authStyle(c.server.IntroAuth))
	if err != nil {
		return false, nil, err
	}
	active, ok := members["active"].(bool)
	if !ok {
		return false, nil, &Error{InvalidAnswer, doing, errors.New("the member active of the answer is missing or not a boolean (RFC 7662 §2.2)")}
	}
	return active, members, nil
}

// Revoke revokes an access or refresh token (RFC 7009). A server also reports
// success for an unknown token. The hint is the type of the token, or "" if the
// type is unknown.
func (c *Client) Revoke(ctx context.Context, token, hint string) error {
	if err := c.checkEndpoint("revocation", c.server.Revocation); err != nil {
		return err
	}
	_, err := c.hiding(token).post(ctx, "revocation failed", c.server.Revocation, tokenForm(token, hint), c.authStyle(c.server.RevokeAuth))
	return err
}

func tokenForm(token, hint string) url.Values {
	form := url.Values{"token": {token}}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	return form
}

// UserInfo returns the claims about the user for whom an access token was
// issued. The token must have the scope openid (OpenID Connect Core 1.0 §5.3).
func (c *Client) UserInfo(ctx context.Context, token string) (map[string]any, error) {
	if err := c.checkEndpoint("userinfo", c.server.UserInfo); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.UserInfo, nil)
	if err != nil {
		return nil, &Error{Metadata, "userinfo", err}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return c.hiding(token).exchange("UserInfo failed", r)
}
