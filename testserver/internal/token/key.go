package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Key signs tokens. When a Key is printed or logged, only its algorithm and ID
// are shown.
type Key struct {
	// ID is the kid. By default it consists of the first characters of the RFC
	// 7638 thumbprint, preceded by "test-" for an embedded RSA key. The default
	// for a shared secret begins with "secret" and does not depend on the
	// secret.
	ID  string
	Alg catalogue.Alg
	// Private signs for all algorithms except HS. It is an *ecdsa.PrivateKey on
	// the algorithm's curve, an *rsa.PrivateKey, an ed25519.PrivateKey, or
	// another signer with a public key of the matching type.
	Private crypto.Signer `json:"-"`
	// Secret signs for the HS algorithms. It is never in a JWKS, so it must be
	// configured in the API that verifies the tokens.
	Secret []byte `json:"-"`
}

// String returns the algorithm and the ID of the key.
func (k Key) String() string { return fmt.Sprintf("%s key %q", string(k.Alg), k.ID) }

// GoString returns the same string as String, so that %#v does not show the
// key.
func (k Key) GoString() string { return k.String() }

// LogValue returns the same string as String, so that log/slog does not show
// the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// CheckKey returns an error if a key cannot sign with its own algorithm.
func CheckKey(k Key) error {
	s, err := specOf(k.Alg)
	switch {
	case err != nil:
		return fmt.Errorf("key %q: %w", k.ID, err)
	case s.family == shared && len(k.Secret) == 0:
		return fmt.Errorf("key %q: %s signs with a secret: set Secret", k.ID, k.Alg)
	case s.family == shared:
		return nil
	case k.Private == nil:
		return fmt.Errorf("key %q: %s signs with a private key: set Private", k.ID, k.Alg)
	case !s.fits(k.Private.Public()):
		return fmt.Errorf("key %q: %T is not a key for %s: use GenerateKey(%s, …)", k.ID, k.Private, k.Alg, k.Alg)
	}
	return nil
}

// sign returns the JWS signature over input. If repeatable is true, ECDSA
// signatures have RFC 6979 nonces. RSASSA-PSS signatures always have a random
// salt.
func (k Key) sign(input []byte, repeatable bool) ([]byte, error) {
	s, err := specOf(k.Alg)
	if err != nil {
		return nil, err
	}
	if s.family == shared {
		mac := hmac.New(s.hash.New, k.Secret)
		mac.Write(input)
		return mac.Sum(nil), nil
	}

	digest := input // Ed25519 signs the message itself
	if s.hash != 0 {
		h := s.hash.New()
		h.Write(input)
		digest = h.Sum(nil)
	}
	switch s.family {
	case rsaPSS:
		// RFC 7518 §3.5: the salt is as long as the hash.
		return k.Private.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash})
	case ecdsaCurve:
		random := rand.Reader
		if _, ours := k.Private.(*ecdsa.PrivateKey); ours && repeatable {
			random = nil // nil selects RFC 6979 nonces in an *ecdsa.PrivateKey; other signers might fail with nil
		}
		der, err := k.Private.Sign(random, digest, s.hash)
		if err != nil {
			return nil, err
		}
		return fixedWidth(der, (s.curve.Params().BitSize+7)/8)
	default:
		return k.Private.Sign(rand.Reader, digest, s.hash)
	}
}

// fixedWidth converts an ASN.1 ECDSA signature to the JWS format: R and S, each
// with width bytes (RFC 7518 §3.4).
func fixedWidth(der []byte, width int) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &sig)
	if err != nil || len(rest) != 0 || max(sig.R.BitLen(), sig.S.BitLen()) > 8*width {
		return nil, errors.New("the signer did not return an ECDSA signature")
	}
	out := make([]byte, 2*width)
	sig.R.FillBytes(out[:width])
	sig.S.FillBytes(out[width:])
	return out, nil
}

// public returns the public key as a JWK for the JWKS.
func (k Key) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.Private.Public(), KeyID: k.ID, Algorithm: string(k.Alg), Use: "sig"}
}

// same reports whether two keys have the same public key and the same ID.
// Neither key may be a shared secret.
func (k Key) same(other Key) bool {
	public, ok := k.Private.Public().(interface{ Equal(crypto.PublicKey) bool }) // ok is true for all types that CheckKey accepts
	return ok && k.ID == other.ID && public.Equal(other.Private.Public())
}

// thumbprint returns the first 16 characters of the RFC 7638 thumbprint in
// base64url: 96 bits, which is enough for a name.
func (k Key) thumbprint() (string, error) {
	jwk := k.public()
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum)[:16], nil
}
