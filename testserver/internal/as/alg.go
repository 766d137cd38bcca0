package as

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes behind crypto.SHA256 …
	_ "crypto/sha512" // … and crypto.SHA384, crypto.SHA512
	"fmt"
)

// Alg is a JWS algorithm name (RFC 7518 §3.1, RFC 8037 §3.1).
type Alg string

type family int

const (
	rsaPKCS1 family = iota + 1
	rsaPSS
	ecdsaCurve
	edwards
	shared
)

// spec is what an algorithm name stands for.
type spec struct {
	family family
	hash   crypto.Hash
	curve  elliptic.Curve // ecdsaCurve only
}

func (a Alg) spec() (spec, error) {
	switch a {
	case "RS256":
		return spec{family: rsaPKCS1, hash: crypto.SHA256}, nil
	case "RS384":
		return spec{family: rsaPKCS1, hash: crypto.SHA384}, nil
	case "RS512":
		return spec{family: rsaPKCS1, hash: crypto.SHA512}, nil
	case "PS256":
		return spec{family: rsaPSS, hash: crypto.SHA256}, nil
	case "PS384":
		return spec{family: rsaPSS, hash: crypto.SHA384}, nil
	case "PS512":
		return spec{family: rsaPSS, hash: crypto.SHA512}, nil
	case "ES256":
		return spec{family: ecdsaCurve, hash: crypto.SHA256, curve: elliptic.P256()}, nil
	case "ES384":
		return spec{family: ecdsaCurve, hash: crypto.SHA384, curve: elliptic.P384()}, nil
	case "ES512":
		return spec{family: ecdsaCurve, hash: crypto.SHA512, curve: elliptic.P521()}, nil
	case "EdDSA":
		return spec{family: edwards}, nil
	case "HS256":
		return spec{family: shared, hash: crypto.SHA256}, nil
	case "HS384":
		return spec{family: shared, hash: crypto.SHA384}, nil
	case "HS512":
		return spec{family: shared, hash: crypto.SHA512}, nil
	}
	return spec{}, fmt.Errorf("unknown signing algorithm %q: use one of RS, PS, ES or HS 256, 384 and 512, or EdDSA", string(a))
}

// Check reports an algorithm name the server cannot sign with.
func (a Alg) Check() error {
	_, err := a.spec()
	return err
}

// Shared reports whether a signs with a secret that the API knows too, so
// that no JWKS may carry it.
func (a Alg) Shared() bool {
	s, err := a.spec()
	return err == nil && s.family == shared
}

// fits reports whether pub is a public key that s verifies with.
func (s spec) fits(pub crypto.PublicKey) bool {
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		return s.family == rsaPKCS1 || s.family == rsaPSS
	case *ecdsa.PublicKey:
		return s.family == ecdsaCurve && pub.Curve == s.curve
	case ed25519.PublicKey:
		return s.family == edwards
	}
	return false
}
