package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // registers crypto.SHA256
	_ "crypto/sha512" // registers crypto.SHA384 and crypto.SHA512
	"fmt"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

type family int

const (
	rsaPKCS1 family = iota + 1
	rsaPSS
	ecdsaCurve
	edwards
	shared
)

// spec describes how an algorithm signs.
type spec struct {
	family family
	hash   crypto.Hash
	curve  elliptic.Curve // ecdsaCurve only
}

func specOf(a catalogue.Alg) (spec, error) {
	switch a {
	case catalogue.RS256:
		return spec{family: rsaPKCS1, hash: crypto.SHA256}, nil
	case catalogue.RS384:
		return spec{family: rsaPKCS1, hash: crypto.SHA384}, nil
	case catalogue.RS512:
		return spec{family: rsaPKCS1, hash: crypto.SHA512}, nil
	case catalogue.PS256:
		return spec{family: rsaPSS, hash: crypto.SHA256}, nil
	case catalogue.PS384:
		return spec{family: rsaPSS, hash: crypto.SHA384}, nil
	case catalogue.PS512:
		return spec{family: rsaPSS, hash: crypto.SHA512}, nil
	case catalogue.ES256:
		return spec{family: ecdsaCurve, hash: crypto.SHA256, curve: elliptic.P256()}, nil
	case catalogue.ES384:
		return spec{family: ecdsaCurve, hash: crypto.SHA384, curve: elliptic.P384()}, nil
	case catalogue.ES512:
		return spec{family: ecdsaCurve, hash: crypto.SHA512, curve: elliptic.P521()}, nil
	case catalogue.EdDSA:
		return spec{family: edwards}, nil
	case catalogue.HS256:
		return spec{family: shared, hash: crypto.SHA256}, nil
	case catalogue.HS384:
		return spec{family: shared, hash: crypto.SHA384}, nil
	case catalogue.HS512:
		return spec{family: shared, hash: crypto.SHA512}, nil
	case catalogue.Ed25519: // only clients sign with it, in assertions and DPoP proofs
	}
	return spec{}, fmt.Errorf("unknown signing algorithm %q: use RS, PS, ES or HS followed by 256, 384 or 512, or use EdDSA", string(a))
}

// algsOf returns the algorithms of a family, such as RSA-PSS. If curve is not
// nil, it returns only the algorithms that use that curve.
func algsOf(f family, curve elliptic.Curve) (algs []catalogue.Alg) {
	for _, a := range catalogue.Algs {
		if s, _ := specOf(a); s.family == f && (curve == nil || s.curve == curve) {
			algs = append(algs, a)
		}
	}
	return algs
}

// CheckAlg returns an error if the server cannot sign with an algorithm.
func CheckAlg(a catalogue.Alg) error {
	_, err := specOf(a)
	return err
}

// IsShared reports whether the algorithm a uses a shared secret to sign. A
// shared secret must not be in a JWKS.
func IsShared(a catalogue.Alg) bool {
	s, _ := specOf(a)
	return s.family == shared
}

// fits reports whether pub can verify signatures of the algorithm that s
// describes.
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
