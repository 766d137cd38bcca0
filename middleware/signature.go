package middleware

import (
	"errors"
	"fmt"

	"github.com/bearerguard/bearerguard/jwks"
)

// checkSignature looks up the key by kid and verifies the signature. If the
// token has no kid, checkSignature first tries the only key for the algorithm
// (RFC 7515 §4.1.4). If the signature does not match this key, or more than one
// key fits the algorithm, checkSignature looks up x5t as a kid, because servers
// that omit kid in tokens often use x5t as the kid in the key set. This lookup
// may fetch a newer key set, in which the only key for the algorithm may be
// new. checkSignature therefore tries the only key once more.
func (d *decision) checkSignature() (err error) {
	if d.header.KeyID != "" || d.header.Thumbprint == "" {
		return d.verifyBy(d.header.KeyID)
	}
	for _, keyID := range [...]string{"", d.header.Thumbprint, ""} {
		err = d.verifyBy(keyID)
		if !errors.Is(err, ErrSignature) || keyID == "" && errors.Is(err, jwks.ErrUnknownKey) { // also stops if no key exists for the algorithm
			break
		}
	}
	return err
}

// findKey returns the issuer's key for a kid. The key comes from Secrets if the
// algorithm is symmetric and Secrets is set, and otherwise from Keys.
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
	case errors.Is(err, jwks.ErrUnknownKey): // replaces err, whose text may come from a Source of another package
		return fmt.Errorf("%w: %w", ErrSignature, jwks.ErrUnknownKey)
	case errors.Is(err, jwks.ErrUnfitKey):
		return fmt.Errorf("%w: %w", ErrSignature, jwks.ErrUnfitKey)
	case err != nil:
		return unavailable(err)
	case d.key != nil && sameKey(d.key, key): // this key was already tried
		return ErrSignature
	}
	if d.key = key; d.verifiedBefore(key) {
		return nil
	}
	if len(d.message.Signature) == 0 { // not split if the token was cached, with a different key
		if _, err := d.message.Split(d.token); err != nil {
			return ErrSignature
		}
	}
	d.message.Header = d.header.Header
	if err := d.message.Verify(d.issuer.prepared.Key(key)); err != nil {
		return ErrSignature
	}
	d.v.headers.store(d.token, d.header)
	return nil
}
