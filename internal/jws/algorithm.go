package jws

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // registers the hashes for golang-jwt
	_ "crypto/sha512"

	"github.com/golang-jwt/jwt/v5" // used to verify HS256, HS384 and HS512, to sign, and for golang-jwt's Keyfunc
)

// Algorithm is a signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
type Algorithm struct {
	Name    string // the name in keys and policies
	KeyType string // kty of its keys: RSA, EC, OKP, or oct for a shared secret (RFC 7518 §6.1)
	Curve   string // crv of its keys, "" for RSA and secrets
	Hash    crypto.Hash
	Method  jwt.SigningMethod // the same algorithm in golang-jwt

	size   int // length in bytes of each of r and s in an ECDSA signature
	verify func(m *Message, key any, a *Algorithm) bool
}

// algorithms lists all supported algorithms. The list contains neither "none"
// nor algorithms that other packages register with golang-jwt.
var algorithms = []*Algorithm{
	{"RS256", "RSA", "", crypto.SHA256, jwt.SigningMethodRS256, 0, (*Message).verifiesPKCS1},
	{"RS384", "RSA", "", crypto.SHA384, jwt.SigningMethodRS384, 0, (*Message).verifiesPKCS1},
	{"RS512", "RSA", "", crypto.SHA512, jwt.SigningMethodRS512, 0, (*Message).verifiesPKCS1},
	{"PS256", "RSA", "", crypto.SHA256, withExactSalt(*jwt.SigningMethodPS256), 0, (*Message).verifiesPSS},
	{"PS384", "RSA", "", crypto.SHA384, withExactSalt(*jwt.SigningMethodPS384), 0, (*Message).verifiesPSS},
	{"PS512", "RSA", "", crypto.SHA512, withExactSalt(*jwt.SigningMethodPS512), 0, (*Message).verifiesPSS},
	{"ES256", "EC", "P-256", crypto.SHA256, jwt.SigningMethodES256, 32, (*Message).verifiesECDSA},
	{"ES384", "EC", "P-384", crypto.SHA384, jwt.SigningMethodES384, 48, (*Message).verifiesECDSA},
	{"ES512", "EC", "P-521", crypto.SHA512, jwt.SigningMethodES512, 66, (*Message).verifiesECDSA},
	{"EdDSA", "OKP", "Ed25519", 0, jwt.SigningMethodEdDSA, 0, (*Message).verifiesEd25519},
	{"HS256", "oct", "", crypto.SHA256, jwt.SigningMethodHS256, 0, (*Message).verifiesHMAC},
	{"HS384", "oct", "", crypto.SHA384, jwt.SigningMethodHS384, 0, (*Message).verifiesHMAC},
	{"HS512", "oct", "", crypto.SHA512, jwt.SigningMethodHS512, 0, (*Message).verifiesHMAC},
}

// Find returns the algorithm with the given name, or nil if it is not
// supported. "Ed25519" is another name for EdDSA (RFC 9864 §2.2).
func Find(name string) *Algorithm {
	if name == "Ed25519" {
		name = "EdDSA"
	}
	for _, a := range algorithms {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Fitting returns the names of the algorithms for keys of the given type and
// curve.
func Fitting(keyType, curve string) (names []string) {
	for _, a := range algorithms {
		if a.KeyType == keyType && a.Curve == curve {
			names = append(names, a.Name)
		}
	}
	return names
}

// Asymmetric returns the algorithms that do not use a shared secret.
func Asymmetric() (public []*Algorithm) {
	for _, a := range algorithms {
		if !a.Symmetric() {
			public = append(public, a)
		}
	}
	return public
}

// Symmetric reports whether the keys of the algorithm are shared secrets.
// Anyone who can verify a signature with a shared secret can also make
// signatures.
func (a *Algorithm) Symmetric() bool { return a.KeyType == "oct" }

// exactSalt requires a salt as long as the hash (RFC 7518 §3.5). golang-jwt's
// own methods accept a salt of any length.
var exactSalt = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}

func withExactSalt(m jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	m.VerifyOptions = exactSalt
	return &m
}
