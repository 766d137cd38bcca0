package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/bearerguard/bearerguard/internal/rsaverify"
)

// FitRSA reports whether an RSA key has at least 2048 bits (RFC 7518 §3.3) and
// at most 8192 bits. Verifying with a longer key takes milliseconds, so an
// attacker who controls the key could waste CPU time. Package jwks checks the
// size of every key that it reads. Verify checks the size again, because a key
// may also come from a source that the caller supplies.
func FitRSA(public *rsa.PublicKey) bool {
	return public.N != nil && public.N.BitLen() >= 2048 && public.N.BitLen() <= 8192
}

func (m *Message) verifiesPKCS1(key any, a *Algorithm) bool {
	switch key := key.(type) {
	case *rsaverify.Key:
		return key.Verify(a.Hash, m.digest(a.Hash), m.Signature)
	case *rsa.PublicKey:
		return FitRSA(key) && rsa.VerifyPKCS1v15(key, a.Hash, m.digest(a.Hash), m.Signature) == nil
	}
	return false
}

func (m *Message) verifiesPSS(key any, a *Algorithm) bool {
	if prepared, ok := key.(*rsaverify.Key); ok {
		key = prepared.Public
	}
	public, ok := key.(*rsa.PublicKey)
	return ok && FitRSA(public) && rsa.VerifyPSS(public, a.Hash, m.digest(a.Hash), m.Signature, exactSalt) == nil
}

// verifiesECDSA checks a signature that consists of r and s, each of a fixed
// size (RFC 7518 §3.4).
func (m *Message) verifiesECDSA(key any, a *Algorithm) bool {
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve == nil || public.Curve.Params().Name != a.Curve || len(m.Signature) != 2*a.size {
		return false
	}
	sum := m.digest(a.Hash)
	der, ok := appendDER(sum[len(sum):], m.Signature[:a.size], m.Signature[a.size:])
	return ok && ecdsa.VerifyASN1(public, sum, der)
}

func (m *Message) verifiesEd25519(key any, _ *Algorithm) bool {
	public, ok := key.(ed25519.PublicKey)
	return ok && len(public) == ed25519.PublicKeySize && !IsSmallOrder(public) && ed25519.Verify(public, m.input(), m.Signature)
}

// input returns the signing input as bytes. It copies m.SigningInput to the
// unused capacity of m.buffer, because a conversion would allocate memory.
func (m *Message) input() []byte { return append(m.buffer[len(m.buffer):], m.SigningInput...) }

// digest hashes the signing input and stores the hash in the buffer, after the
// signing input.
func (m *Message) digest(hash crypto.Hash) []byte {
	input := m.input()
	spare := input[len(input):]
	switch hash {
	case crypto.SHA256:
		sum := sha256.Sum256(input)
		return append(spare, sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(input)
		return append(spare, sum[:]...)
	default:
		sum := sha512.Sum512(input)
		return append(spare, sum[:]...)
	}
}

// appendDER appends the numbers r and s as the Ecdsa-Sig-Value of RFC 3279
// §2.2.3. It returns false if r or s is zero. It avoids math/big, which would
// need twenty allocations.
func appendDER(der []byte, r, s []byte) ([]byte, bool) {
	r, s = positive(r), positive(s)
	if r == nil || s == nil {
		return nil, false
	}
	length := integerLength(r) + integerLength(s)
	der = append(der, 0x30)
	if length > 127 { // possible only for P-521
		der = append(der, 0x81)
	}
	der = append(der, byte(length)) //nolint:gosec // 138 at most
	return appendInteger(appendInteger(der, r), s), true
}

// positive returns a number without its leading zeros, or nil for zero.
func positive(number []byte) []byte {
	for i, digit := range number {
		if digit != 0 {
			return number[i:]
		}
	}
	return nil
}

// integerLength returns the number of bytes that appendInteger writes.
func integerLength(number []byte) int { return 2 + int(number[0]>>7) + len(number) }

func appendInteger(der []byte, number []byte) []byte {
	der = append(der, 0x02, byte(integerLength(number)-2)) //nolint:gosec // 67 at most
	if number[0]>>7 != 0 {                                 // without a leading zero, the number would be read as negative
		der = append(der, 0)
	}
	return append(der, number...)
}
