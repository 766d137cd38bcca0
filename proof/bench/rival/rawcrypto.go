package rival

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
	"unsafe"
)

var errSignature = errors.New("the signature is wrong")

// RawCrypto verifies only the signature, which is the least that a verifier
// must do. It uses the standard library, does not fetch the key, and does not
// copy the token.
func RawCrypto() Rival {
	return Rival{
		how: "raw crypto (standard library)",
		Open: func(_ context.Context, s Settings) (Verifier, error) {
			valid, err := plain(s.Key)
			if err != nil {
				return nil, err
			}
			return Func(func(_ context.Context, token string) error {
				dot := strings.LastIndexByte(token, '.')
				signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
				if err != nil {
					return err
				}
				if !valid(unsafe.Slice(unsafe.StringData(token), dot), signature) { //nolint:gosec // only read, during this call
					return errSignature
				}
				return nil
			}), nil
		},
	}
}

func plain(key any) (func(signed, signature []byte) bool, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return func(signed, signature []byte) bool {
			digest := sha256.Sum256(signed)
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
		}, nil
	case *ecdsa.PublicKey:
		return func(signed, signature []byte) bool {
			digest := sha256.Sum256(signed)
			r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
			return ecdsa.Verify(key, digest[:], r, s)
		}, nil
	case ed25519.PublicKey:
		return func(signed, signature []byte) bool { return ed25519.Verify(key, signed, signature) }, nil
	}
	return nil, fmt.Errorf("raw crypto does not support keys of type %T", key)
}
