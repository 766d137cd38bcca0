package asclient

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// checkIDToken verifies an ID token (OpenID Connect Core 1.0 §3.1.3.7).
func (c *Client) checkIDToken(ctx context.Context, t Tokens, nonce string) error {
	keys, err := c.keys(ctx)
	if err != nil {
		return err
	}
	id, err := oidc.NewVerifier(c.server.Issuer, keys, &oidc.Config{
		ClientID: c.id, SupportedSigningAlgs: catalogue.Names(catalogue.PublicAlgs),
	}).Verify(ctx, t.ID)
	switch {
	case err != nil:
		return invalidIDToken(err)
	case nonce != "" && id.Nonce != nonce:
		return invalidLogin("the ID token is for another login: its nonce differs from the nonce of the request")
	case id.AccessTokenHash == "":
		return nil
	}
	if err := id.VerifyAccessToken(t.Access); err != nil {
		return invalidIDToken(err)
	}
	return nil
}

func invalidIDToken(err error) *Error {
	return &Error{InvalidAnswer, "login failed", fmt.Errorf("the ID token is not valid: %w", err)}
}

// signedAnswer verifies an answer that is a JWT and returns its claims. A
// UserInfo response may be a JWT (OpenID Connect Core 1.0 §5.3.2).
func (c *Client) signedAnswer(ctx context.Context, doing, text string) (map[string]any, error) {
	keys, err := c.keys(ctx)
	if err != nil {
		return nil, err
	}
	payload, err := keys.VerifySignature(ctx, text)
	if err != nil {
		return nil, &Error{InvalidAnswer, doing, errors.New("the answer is not signed by the authorization server")}
	}
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil {
		return nil, &Error{InvalidAnswer, doing, errors.New("the answer of the authorization server is not a JSON object")}
	}
	if claims["iss"] != c.server.Issuer {
		return nil, &Error{InvalidAnswer, doing, errors.New("the iss of the answer is not the issuer of the authorization server")}
	}
	return claims, nil
}

// keys fetches the keys of the authorization server. It does not use
// oidc.RemoteKeySet, because errors of that type quote answers of the server.
func (c *Client) keys(ctx context.Context) (*oidc.StaticKeySet, error) {
	if err := c.checkEndpoint("jwks_uri", c.server.JWKS); err != nil {
		return nil, err
	}
	answer, err := fetch.Get(ctx, c.http, c.server.JWKS, "")
	if err != nil {
		return nil, &Error{Unreachable, "the keys of the issuer", err}
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(answer.Body, &set); err != nil {
		return nil, &Error{InvalidAnswer, "", errors.New("the keys of the issuer are not a JWK Set (RFC 7517 §5)")}
	}
	keys := &oidc.StaticKeySet{}
	for _, key := range set.Keys {
		if key.Use == "enc" {
			continue
		}
		switch key.Key.(type) { // a key of another type would make the set refuse the tokens of all keys after it
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			keys.PublicKeys = append(keys.PublicKeys, key.Key)
		}
	}
	return keys, nil
}
