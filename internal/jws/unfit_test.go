package jws_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// Verify must refuse unfit keys itself, because a source that the caller
// supplies may return keys that no policy has checked.
func TestVerifyRefusesUnfitKeys(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	short := must(rsa.GenerateKey(rand.Reader, 1024))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	sign := func(method jwt.SigningMethod, key any) func(string) []byte {
		return func(input string) []byte { return must(method.Sign(input, key)) }
	}
	neutral := append([]byte{1}, make([]byte, 31)...) // a point of order 1
	for name, tt := range map[string]struct {
		alg  string
		sign func(string) []byte
		key  any
	}{
		"RS256 by 1024 bits":           {"RS256", sign(jwt.SigningMethodRS256, short), &short.PublicKey},
		"PS256 by 1024 bits":           {"PS256", sign(jwt.SigningMethodPS256, short), &short.PublicKey},
		"RS256 by no modulus":          {"RS256", sign(jwt.SigningMethodRS256, short), &rsa.PublicKey{E: 3}},
		"RS256 by 8193 bits":           {"RS256", func(string) []byte { return make([]byte, 1025) }, &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8192, 1), E: 3}},
		"ES256 by P-384":               {"ES256", func(string) []byte { return make([]byte, 64) }, &p384.PublicKey},
		"ES384 of a key without curve": {"ES384", sign(jwt.SigningMethodES384, p384), &ecdsa.PublicKey{X: p384.X, Y: p384.Y}}, //nolint:staticcheck // a careless source may return such a key
		"HS256 by an empty secret":     {"HS256", sign(jwt.SigningMethodHS256, []byte{}), []byte{}},
		"HS256 by 31 bytes":            {"HS256", sign(jwt.SigningMethodHS256, make([]byte, 31)), make([]byte, 31)},
		"HS512 by 63 bytes":            {"HS512", sign(jwt.SigningMethodHS512, make([]byte, 63)), make([]byte, 63)},
		"EdDSA by a point of order 1":  {"EdDSA", func(string) []byte { return append([]byte{1}, make([]byte, 63)...) }, ed25519.PublicKey(neutral)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := message(t, tt.alg, tt.sign).Verify(tt.key); !errors.Is(err, jws.ErrSignature) {
				t.Errorf("got %v, want %v", err, jws.ErrSignature)
			}
		})
	}
}
