package jws

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that golang-jwt looks up by number
	_ "crypto/sha512"

	"github.com/golang-jwt/jwt/v5"
)

// EdDSA is the algorithm name keys and policies use for Ed25519; tokens may
// also say "Ed25519" (RFC 9864 §2.2).
const EdDSA = "EdDSA"

// Canonical folds the names that stand for one algorithm into one.
func Canonical(algorithm string) string {
	if algorithm == "Ed25519" {
		return EdDSA
	}
	return algorithm
}

// Asymmetric lists the supported algorithms that need no shared secret, in
// their canonical names.
func Asymmetric() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", EdDSA}
}

// Method returns the signature algorithm of a name, or nil when this module
// does not support it: "none" and everything registered with golang-jwt by
// other packages included.
func Method(algorithm string) jwt.SigningMethod {
	switch Canonical(algorithm) {
	case "RS256":
		return jwt.SigningMethodRS256
	case "RS384":
		return jwt.SigningMethodRS384
	case "RS512":
		return jwt.SigningMethodRS512
	case "PS256":
		return exactPS256
	case "PS384":
		return exactPS384
	case "PS512":
		return exactPS512
	case "ES256":
		return jwt.SigningMethodES256
	case "ES384":
		return jwt.SigningMethodES384
	case "ES512":
		return jwt.SigningMethodES512
	case EdDSA:
		return jwt.SigningMethodEdDSA
	case "HS256":
		return jwt.SigningMethodHS256
	case "HS384":
		return jwt.SigningMethodHS384
	case "HS512":
		return jwt.SigningMethodHS512
	}
	return nil
}

// golang-jwt's own methods accept a salt of any length. These copies want one
// as long as the hash, as RFC 7518 §3.5 demands.
var (
	exactSalt = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}

	exactPS256 = withExactSalt(*jwt.SigningMethodPS256)
	exactPS384 = withExactSalt(*jwt.SigningMethodPS384)
	exactPS512 = withExactSalt(*jwt.SigningMethodPS512)
)

func withExactSalt(m jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	m.VerifyOptions = exactSalt
	return &m
}

// Verify checks the signature with a key that was selected for the header's
// algorithm: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or []byte. A
// key of another type is refused like a wrong signature.
func (m *Message) Verify(key any) error {
	if m.verifies(key) {
		return nil
	}
	if Method(m.Header.Algorithm) == nil {
		return ErrAlgorithm
	}
	return ErrSignature
}

// verifies does for public keys what the Verify of [Method] does, by the same
// functions of the standard library, without what that copies on the way.
func (m *Message) verifies(key any) bool {
	switch Canonical(m.Header.Algorithm) {
	case "RS256":
		return m.verifiesPKCS1(key, crypto.SHA256)
	case "RS384":
		return m.verifiesPKCS1(key, crypto.SHA384)
	case "RS512":
		return m.verifiesPKCS1(key, crypto.SHA512)
	case "PS256":
		return m.verifiesPSS(key, crypto.SHA256)
	case "PS384":
		return m.verifiesPSS(key, crypto.SHA384)
	case "PS512":
		return m.verifiesPSS(key, crypto.SHA512)
	case "ES256":
		return m.verifiesECDSA(key, crypto.SHA256, 32)
	case "ES384":
		return m.verifiesECDSA(key, crypto.SHA384, 48)
	case "ES512":
		return m.verifiesECDSA(key, crypto.SHA512, 66)
	case EdDSA:
		return m.verifiesEd25519(key)
	}
	method := Method(m.Header.Algorithm) // of a shared secret, or none
	return method != nil && method.Verify(m.SigningInput, m.Signature, key) == nil
}
