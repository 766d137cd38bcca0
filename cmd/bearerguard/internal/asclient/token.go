package asclient

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Tokens contains the members of a token response (RFC 6749 §5.1, OpenID
// Connect Core 1.0 §3.1.3.3). A field is zero if the response lacks the member.
// The only exception is the field Refresh in the result of [Client.Refresh].
type Tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type,omitempty"`
	ExpiresIn int64  `json:"expires_in,omitempty"` // seconds
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token,omitempty"`
	Scope     string `json:"scope,omitempty"`
}

func newTokens(t *oauth2.Token) Tokens {
	id, _ := t.Extra("id_token").(string)
	scope, _ := t.Extra("scope").(string)
	seconds := t.ExpiresIn
	if seconds == 0 && !t.Expiry.IsZero() { // clientcredentials sets Expiry, not ExpiresIn
		seconds = int64(time.Until(t.Expiry).Round(time.Second) / time.Second)
	}
	return Tokens{t.AccessToken, t.TokenType, seconds, t.RefreshToken, id, scope}
}

// ReservedInClientCredentials lists the parameters that only ClientCredentials
// may set.
var ReservedInClientCredentials = []string{"grant_type", "client_id", "client_secret", "scope"}

// ClientCredentials requests an access token for the client itself (RFC 6749
// §4.4). The request also contains params, which must not include names in
// [ReservedInClientCredentials].
func (c *Client) ClientCredentials(ctx context.Context, scopes []string, params url.Values) (Tokens, error) {
	if c.secret == "" {
		return Tokens{}, &Error{NoSecret, "", errors.New("the client secret is missing")}
	}
	if err := c.checkEndpoint("token", c.server.Token); err != nil {
		return Tokens{}, err
	}
	ctx, config := c.config(ctx, scopes)
	t, err := (&clientcredentials.Config{
		ClientID: config.ClientID, ClientSecret: config.ClientSecret, TokenURL: config.Endpoint.TokenURL,
		Scopes: config.Scopes, EndpointParams: params, AuthStyle: config.Endpoint.AuthStyle,
	}).Token(ctx)
	if err != nil {
		return Tokens{}, c.failed("token request failed", err)
	}
	return newTokens(t), nil
}

// Refresh requests new tokens with a refresh token (RFC 6749 §6). If the server
// sends no new refresh token, the result contains the old refresh token.
func (c *Client) Refresh(ctx context.Context, token string) (Tokens, error) {
	if err := c.checkEndpoint("token", c.server.Token); err != nil {
		return Tokens{}, err
	}
	ctx, config := c.config(ctx, nil)
	t, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token}).Token()
	if err != nil {
		return Tokens{}, c.hiding(token).failed("refresh failed", err)
	}
	return newTokens(t), nil
}

// ReservedInExchange lists the parameters that only Exchange may set.
var ReservedInExchange = []string{
	"grant_type", "client_id", "client_secret", "scope", "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type",
}

const (
	grantExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" //nolint:gosec // a name, not a credential
)

// Exchange exchanges an access token for another access token (RFC 8693 §2).
// The subject argument is the token to exchange. The actor argument is the
// access token of the acting party, or "". The request also contains params,
// which must not include names in [ReservedInExchange].
func (c *Client) Exchange(ctx context.Context, subject, actor string, scopes []string, params url.Values) (Tokens, error) {
	if err := c.checkEndpoint("token", c.server.Token); err != nil {
		return Tokens{}, err
	}
	form := url.Values{"grant_type": {grantExchange}, "subject_token": {subject}, "subject_token_type": {typeAccessToken}}
	if actor != "" {
		form.Set("actor_token", actor)
		form.Set("actor_token_type", typeAccessToken)
	}
	if len(scopes) > 0 {
		form.Set("scope", strings.Join(scopes, " "))
	}
	maps.Copy(form, params)
	answer, err := c.hiding(subject, actor).post(ctx, "token exchange failed", c.server.Token, form, c.authStyle(c.server.TokenAuth))
	if err != nil {
		return Tokens{}, err
	}
	text := func(name string) string { value, _ := answer[name].(string); return value }
	seconds, _ := answer["expires_in"].(json.Number)
	expires, _ := seconds.Int64()
	if text("access_token") == "" {
		return Tokens{}, &Error{InvalidAnswer, "token exchange failed", errors.New("the answer of the authorization server has no access_token")}
	}
	return Tokens{text("access_token"), text("token_type"), expires, text("refresh_token"), "", text("scope")}, nil
}
