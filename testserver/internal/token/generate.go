package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"math/big"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

const rsaBits = 2048

// NewKey makes a new key for alg. If kid is empty, NewKey chooses the ID. The
// ID of a shared secret is a random name. The ID of any other key is a prefix
// of the RFC 7638 thumbprint.
func NewKey(alg catalogue.Alg, kid string, src *Source) (Key, error) {
	s, err := specOf(alg)
	if err != nil {
		return Key{}, err
	}
	k := Key{ID: kid, Alg: alg}
	label := "key " + string(alg)
	switch s.family {
	case shared:
		k.Secret = src.Draw(label, s.hash.Size()) // as long as the hash, the minimum of RFC 7518 §3.2
		if kid == "" {
			k.ID = "secret-" + base64.RawURLEncoding.EncodeToString(src.Draw("kid "+string(alg), 9))
		}
		return k, nil
	case rsaPKCS1, rsaPSS:
		k.Private, err = newRSA(src)
	case ecdsaCurve:
		k.Private = newECDSA(s, label, src)
	case edwards:
		k.Private = ed25519.NewKeyFromSeed(src.Draw(label, ed25519.SeedSize))
	}
	if err != nil {
		return Key{}, fmt.Errorf("making a %s key: %w", alg, err)
	}
	if kid == "" {
		k.ID, err = k.thumbprint()
	}
	return k, err
}

// newECDSA draws scalars until one is below the order of the curve. It does not
// use ecdsa.GenerateKey, which deliberately returns different keys for equal
// random bytes.
func newECDSA(s spec, label string, src *Source) crypto.Signer {
	bits := s.curve.Params().N.BitLen()
	for {
		scalar := src.Draw(label, (bits+7)/8)
		scalar[0] &= 0xff >> (8*len(scalar) - bits)
		if k, err := ecdsa.ParseRawPrivateKey(s.curve, scalar); err == nil {
			return k
		}
	}
}

func newRSA(src *Source) (crypto.Signer, error) {
	if !src.Seeded() {
		return rsa.GenerateKey(rand.Reader, rsaBits)
	}
	// rsa.GenerateKey takes no seed, so newRSA searches for the primes itself.
	// The time of the search depends on the primes, and some primes are more
	// likely than others. The keys are therefore only for tests.
	p, q := seededPrime(src), seededPrime(src)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	const e = 65537
	k := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: e},
		D:         new(big.Int).ModInverse(big.NewInt(e), phi),
		Primes:    []*big.Int{p, q},
	}
	k.Precompute()
	return k, k.Validate()
}

// seededPrime returns a prime p that is half as long as the modulus. The two
// top bits of p are set, so that the product of two such primes has the full
// length. p-1 is not divisible by the public exponent 65537.
func seededPrime(src *Source) *big.Int {
	b := src.Draw("rsa prime", rsaBits/16)
	b[0] |= 0xc0
	b[len(b)-1] |= 1
	p, two, e := new(big.Int).SetBytes(b), big.NewInt(2), big.NewInt(65537)
	for ; ; p.Add(p, two) {
		if p.ProbablyPrime(20) && new(big.Int).Mod(p, e).Int64() != 1 {
			return p
		}
	}
}
