package jwks

import (
	"context"
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// Keyfunc returns a key function for golang-jwt, for programs that want this
// package's keys but not the verifier of package middleware. ctx bounds the
// wait for a fetch.
//
// For a token without kid it takes x5t as the key ID if several keys fit the
// algorithm. Beyond selecting the key it refuses what golang-jwt lets pass: repeated
// header members, crit and b64 (RFC 7515 §4.1.11, RFC 7797 §7), and RSASSA-PSS
// salts that are not as long as the hash (RFC 7518 §3.5), for which it sets
// the token's Method. Issuer, audience, type and expiry remain the caller's to
// demand: jwt.WithIssuer, WithAudience, WithExpirationRequired and
// WithValidMethods are none of them on by default. golang-jwt knows EdDSA by
// that name alone, not as Ed25519. Errors are those of [Key] or describe the
// header.
func (r *Remote) Keyfunc(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		message, err := jws.Parse(token.Raw)
		if err != nil {
			return nil, err
		}
		method := jws.Method(message.Header.Algorithm)
		if method == nil {
			return nil, jws.ErrAlgorithm
		}
		h := message.Header
		key, err := Key(ctx, r, h.KeyID, h.Algorithm)
		if errors.Is(err, ErrUnfitKey) && h.KeyID == "" && h.Thumbprint != "" {
			key, err = Key(ctx, r, h.Thumbprint, h.Algorithm)
		}
		if err != nil {
			return nil, err
		}
		token.Method = method
		return key, nil
	}
}
