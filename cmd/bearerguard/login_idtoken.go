package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/fetch"
)

// checkIDToken verifies an ID token as OpenID Connect Core 1.0 §3.1.3.7 has it.
func (s *authServer) checkIDToken(ctx context.Context, t tokens, nonce string) error {
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	id, err := oidc.NewVerifier(s.Issuer, keys, &oidc.Config{
		ClientID: s.id, SupportedSigningAlgs: catalogue.Names(catalogue.PublicAlgs),
	}).Verify(ctx, t.ID)
	switch {
	case err != nil:
		return failure("no login: the ID token is not good: %w", err)
	case nonce != "" && id.Nonce != nonce:
		return failure("no login: the ID token is for another login: its nonce is not the one that was sent")
	case id.AccessTokenHash == "":
		return nil
	}
	if err := id.VerifyAccessToken(t.Access); err != nil {
		return failure("no login: the ID token is not good: %w", err)
	}
	return nil
}

// keys are those of the authorization server now. The key set of package oidc
// would put what a server answers into its errors.
func (s *authServer) keys(ctx context.Context) (*oidc.StaticKeySet, error) {
	at, err := s.at("jwks_uri", s.JWKS)
	if err != nil {
		return nil, err
	}
	answer, err := fetch.Get(ctx, s.http, at, "")
	if err != nil {
		return nil, failure("the keys of the issuer: %w", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(answer.Body, &set); err != nil {
		return nil, failure("the keys of the issuer are no JWK Set (RFC 7517 §5)")
	}
	keys := &oidc.StaticKeySet{}
	for _, key := range set.Keys {
		if key.Use == "enc" {
			continue
		}
		switch key.Key.(type) { // of other keys the set would refuse all tokens
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			keys.PublicKeys = append(keys.PublicKeys, key.Key)
		}
	}
	return keys, nil
}
