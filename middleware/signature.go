package middleware

import (
	"errors"
	"fmt"

	"github.com/bearerguard/bearerguard/jwks"
)

// checkSignature looks for the key by kid. Without one, x5t may name the key:
// if a server sends no kid, x5t is often the kid in the key set. That is a
// guess. First comes the key that needs no name, because it is the only one for
// the algorithm (RFC 7515 §4.1.4). It is tried again after the guess, which may
// have fetched a newer set.
func (d *decision) checkSignature() (err error) {
	if d.header.KeyID != "" || d.header.Thumbprint == "" {
		return d.verifyBy(d.header.KeyID)
	}
	for _, keyID := range [...]string{"", d.header.Thumbprint, ""} {
		err = d.verifyBy(keyID)
		if !errors.Is(err, ErrSignature) || keyID == "" && errors.Is(err, jwks.ErrUnknownKey) { // no key serves the algorithm
			break
		}
	}
	return err
}

// findKey asks the one source of the issuer that has keys for the algorithm.
func (d *decision) findKey(keyID string) (any, error) {
	i, alg := d.issuer, d.header.Algorithm
	if i.Secrets != nil && d.header.algorithm.Symmetric() {
		return i.Secrets.Key(d.ctx, keyID, alg)
	}
	if i.perTenant != nil {
		return i.perTenant.KeyFor(d.ctx, d.claims.issuer, keyID, alg)
	}
	return i.keys.Key(d.ctx, keyID, alg)
}

func (d *decision) verifyBy(keyID string) error {
	key, err := d.findKey(keyID)
	switch {
	case errors.Is(err, jwks.ErrUnknownKey): // without what a Source of another package may say
		return fmt.Errorf("%w: %w", ErrSignature, jwks.ErrUnknownKey)
	case errors.Is(err, jwks.ErrUnfitKey):
		return fmt.Errorf("%w: %w", ErrSignature, jwks.ErrUnfitKey)
	case err != nil:
		return unavailable(err)
	case d.key != nil && sameKey(d.key, key): // it has been tried
		return ErrSignature
	}
	if d.key = key; d.verifiedBefore(key) {
		return nil
	}
	if len(d.message.Signature) == 0 { // the token is remembered, by another key, and was not taken apart
		if _, err := d.message.Split(d.token); err != nil {
			return ErrSignature
		}
	}
	d.message.Header = d.header.Header
	if err := d.message.Verify(d.issuer.prepared.Key(key)); err != nil {
		return ErrSignature
	}
	d.v.headers.keep(d.token, d.header)
	return nil
}
