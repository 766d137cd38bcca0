package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/oauth2"
)

type identity struct {
	subject string // permanent and unique at this server, unlike a name or an email address
	name    string // to display
}

// identify returns the user who has logged in. The user is read from the ID
// token or, with OIDC=off, from the userinfo endpoint.
func (a *app) identify(ctx context.Context, token *oauth2.Token, nonce string) (identity, error) {
	if a.provider.idTokens == nil {
		return a.fromUserInfo(ctx, token)
	}
	text, _ := token.Extra("id_token").(string)
	if text == "" {
		return identity{}, errors.New("the token response has no ID token: check that OAUTH_SCOPE contains openid")
	}
	id, err := a.provider.idTokens.Verify(ctx, text) // checks signature, iss, aud, exp
	if err != nil {
		return identity{}, fmt.Errorf("the ID token: %w", err)
	}
	if !same(id.Nonce, nonce) {
		return identity{}, errors.New("the ID token belongs to another login")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return identity{}, fmt.Errorf("the ID token: %w", err)
		}
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return identity{}, fmt.Errorf("the ID token: %w", err)
	}
	if id.Subject == "" {
		return identity{}, errors.New("the ID token has no subject")
	}
	return identity{id.Subject, displayName(claims, id.Subject)}, nil
}

// fromUserInfo asks the userinfo endpoint for the user of the access token.
// This is safe because the server issued the token for the code of this login
// and sent the token directly to this site. A token from the browser would
// prove nothing, because the sender may have obtained it from another user.
func (a *app) fromUserInfo(ctx context.Context, token *oauth2.Token) (identity, error) {
	answer, err := a.get(ctx, a.provider.UserInfo, token)
	if err != nil {
		return identity{}, err
	}
	if answer.status != http.StatusOK {
		return identity{}, fmt.Errorf("the userinfo endpoint answered %d", answer.status)
	}
	claims, err := members(answer.body)
	if err != nil {
		return identity{}, err
	}
	subject := text(claims[a.cfg.subject])
	if subject == "" {
		return identity{}, fmt.Errorf("the answer of the userinfo endpoint has no %s", a.cfg.subject)
	}
	return identity{subject, displayName(claims, subject)}, nil
}

func displayName(claims map[string]any, subject string) string {
	return cmp.Or(text(claims["name"]), text(claims["preferred_username"]), text(claims["login"]), subject)
}

// text returns a string or a json.Number as a string. Numbers, such as the id
// of a GitHub user, keep all digits. For any other value, text returns "".
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}
