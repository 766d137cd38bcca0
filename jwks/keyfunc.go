package jwks

import (
	"context"
	"errors"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// Keyfunc returns a key function for golang-jwt, for programs that use the keys
// of this package without the verifier of package middleware. ctx bounds the
// wait for a fetch.
//
// If a token has no kid and several keys fit the algorithm, Keyfunc uses x5t as
// the key ID. Keyfunc also refuses tokens that golang-jwt accepts: tokens in
// non-canonical base64url, with repeated header members, with crit or b64 (RFC
// 7515 §4.1.11, RFC 7797 §7), or with an RSASSA-PSS salt that is not as long as
// the hash (RFC 7518 §3.5). To enforce the salt length, Keyfunc sets the
// token's Method. The caller must check issuer, audience, algorithms, type and
// expiry. The options jwt.WithIssuer, WithAudience, WithValidMethods and
// WithExpirationRequired are off by default. golang-jwt accepts the algorithm
// name EdDSA, but not Ed25519. Errors are the errors of [Remote.Key], or
// describe a fault of the token's encoding or header.
func (r *Remote) Keyfunc(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		message, err := jws.Parse(token.Raw)
		if err != nil {
			return nil, err
		}
		algorithm := jws.Find(message.Header.Algorithm)
		if algorithm == nil {
			return nil, jws.ErrAlgorithm
		}
		keys := &storage{remote: r, header: message.Header}
		selecting, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: keys})
		if err != nil {
			return nil, err
		}
		named := &jwt.Token{Header: map[string]any{"kid": message.Header.KeyID, "alg": algorithm.Name}}
		key, err := selecting.KeyfuncCtx(ctx)(named)
		if keys.fault != nil {
			return nil, keys.fault // the error of Remote.Key itself, without the text that package keyfunc adds
		}
		if err != nil {
			return nil, err
		}
		token.Method = algorithm.Method
		return key, nil
	}
}

// storage implements KeyRead, the only method of [jwkset.Storage] that package
// keyfunc calls to get the key of a token.
type storage struct {
	jwkset.Storage
	remote *Remote
	header jws.Header
	fault  error
}

// KeyRead implements [jwkset.Storage].
func (s *storage) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	key, err := s.remote.Key(ctx, kid, s.header.Algorithm)
	if errors.Is(err, ErrUnfitKey) && kid == "" && s.header.Thumbprint != "" {
		key, err = s.remote.Key(ctx, s.header.Thumbprint, s.header.Algorithm)
	}
	if s.fault = err; err != nil {
		return jwkset.JWK{}, err
	}
	return jwkset.NewJWKFromKey(key, jwkset.JWKOptions{Validate: jwkset.JWKValidateOptions{SkipAll: true}})
}
