package bench_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/bearerguard/bearerguard/testserver"
)

var errRawSignature = errors.New("the signature is wrong")

// newRawCrypto verifies the signature alone, with the standard library and a
// key that is at hand: what no verifier of tokens can go without.
func newRawCrypto(_ context.Context, as *testserver.Server) (verify, error) {
	var valid func(signed, signature []byte) bool
	switch key := as.SigningKey().Private.Public().(type) {
	case *rsa.PublicKey:
		valid = func(signed, signature []byte) bool {
			digest := sha256.Sum256(signed)
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
		}
	case *ecdsa.PublicKey:
		valid = func(signed, signature []byte) bool {
			digest := sha256.Sum256(signed)
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			return ecdsa.Verify(key, digest[:], r, s)
		}
	case ed25519.PublicKey:
		valid = func(signed, signature []byte) bool { return ed25519.Verify(key, signed, signature) }
	default:
		return nil, fmt.Errorf("no benchmark is made for %T", key)
	}
	return func(text string) error {
		dot := strings.LastIndexByte(text, '.')
		signature, err := base64.RawURLEncoding.DecodeString(text[dot+1:])
		if err != nil {
			return err
		}
		if !valid([]byte(text[:dot]), signature) {
			return errRawSignature
		}
		return nil
	}, nil
}
