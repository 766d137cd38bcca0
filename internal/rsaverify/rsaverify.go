// Package rsaverify verifies RSASSA-PKCS1-v1_5 signatures (RFC 8017 §8.2.2)
// with values that are computed once per key: a constant of the modulus for
// Montgomery multiplication, and whether the key is valid. [crypto/rsa]
// computes these values for each signature, which takes a third of the time of
// a verification.
//
// The package uses the standard library's arithmetic, which filippo.io/bigmod
// re-exports. It builds the expected encoded message (EMSA-PKCS1-v1_5, RFC 8017
// §9.2) and compares it as a whole. It does not parse any part of a signature.
//
// It supports RSA keys of 2048 to 8192 bits with an odd exponent of 2 to 31
// bits. In FIPS 140-3 mode, or with the build tag bearerguard_cryptorsa, it
// supports no keys. Callers must then use [crypto/rsa].
package rsaverify

import (
	"bytes"
	"crypto"
	"crypto/fips140"
	"crypto/rsa"
	"slices"

	"filippo.io/bigmod"
)

// Key is a prepared public key. It is immutable and safe for concurrent use.
type Key struct {
	Public *rsa.PublicKey // the original key, which must not be changed

	modulus  *bigmod.Modulus
	exponent uint
	before   map[crypto.Hash][]byte // the part of the encoded message before the digest
}

// New returns a prepared key, or nil if the key is not supported.
func New(public *rsa.PublicKey) *Key {
	if off || fips140.Enabled() || public.N == nil {
		return nil
	}
	bits, e := public.N.BitLen(), public.E
	if bits < 2048 || bits > 8192 || public.N.Sign() <= 0 || public.N.Bit(0) == 0 || e < 3 || e > 1<<31-1 || e%2 == 0 {
		return nil
	}
	modulus, err := bigmod.NewModulus(public.N.Bytes())
	if err != nil {
		return nil
	}
	k := &Key{Public: public, modulus: modulus, exponent: uint(e), before: make(map[crypto.Hash][]byte)}
	for hash, prefix := range prefixes {
		padding := bytes.Repeat([]byte{0xff}, modulus.Size()-3-len(prefix)-hash.Size())
		k.before[hash] = slices.Concat([]byte{0x00, 0x01}, padding, []byte{0x00}, prefix)
	}
	return k
}

// prefixes are the bytes before the digest in the DER encoding of DigestInfo
// (RFC 8017 §9.2, note 1).
var prefixes = map[crypto.Hash][]byte{
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// Verify reports whether the signature is valid for a SHA-256, SHA-384 or
// SHA-512 digest. All inputs are public, so Verify need not take constant time.
func (k *Key) Verify(hash crypto.Hash, digest, signature []byte) bool {
	before, ok := k.before[hash]
	if !ok || len(digest) != hash.Size() || len(signature) != k.modulus.Size() {
		return false
	}
	s, err := bigmod.NewNat().SetBytes(signature, k.modulus)
	if err != nil { // the signature must be less than the modulus (RFC 8017 §5.2.2)
		return false
	}
	message := bigmod.NewNat().ExpShortVarTime(s, k.exponent, k.modulus).Bytes(k.modulus)
	var room [1024]byte // enough for the longest modulus
	return bytes.Equal(message, append(append(room[:0], before...), digest...))
}
