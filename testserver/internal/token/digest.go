package token

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Digest stands for a token wherever one is remembered.
type Digest [sha256.Size]byte

// Identify returns the digest of a token. It leaves the signature of a JWT out: a
// revocation is about its claims, and an ECDSA signature has a twin that anybody
// can compute.
func Identify(token string) Digest {
	if strings.Count(token, ".") == 2 {
		token = token[:strings.LastIndexByte(token, '.')]
	}
	return sha256.Sum256([]byte(token))
}

// MarshalText writes a digest in hex.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads it.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || copy(d[:], b) != len(b) || len(b) != len(d) {
		return errors.New("a digest is malformed")
	}
	return nil
}
