package token

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Digest is the SHA-256 hash that identifies a stored token.
type Digest [sha256.Size]byte

// Identify returns the digest of a token. The digest of a JWT does not cover
// the signature. The reason is that anyone can compute a second valid signature
// from an ECDSA signature, and a revocation must apply to the JWT with either
// signature.
func Identify(token string) Digest {
	if strings.Count(token, ".") == 2 {
		token = token[:strings.LastIndexByte(token, '.')]
	}
	return sha256.Sum256([]byte(token))
}

// MarshalText writes a digest in hex.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads the output of MarshalText.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || copy(d[:], b) != len(b) || len(b) != len(d) {
		return errors.New("a digest is malformed")
	}
	return nil
}
