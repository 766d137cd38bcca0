package jws

// Verify checks the signature with a key that was selected for the header's
// algorithm: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, []byte, or
// the result of [Prepared.Key]. For a key of another type, Verify returns the
// same error as for a wrong signature.
func (m *Message) Verify(key any) error {
	a := Find(m.Header.Algorithm)
	switch {
	case a == nil:
		return ErrAlgorithm
	case !a.verify(m, key, a):
		return ErrSignature
	}
	return nil
}

// verifiesHMAC checks an HMAC with golang-jwt. The secret must have at least as
// many bytes as the hash (RFC 7518 §3.2).
func (m *Message) verifiesHMAC(key any, a *Algorithm) bool {
	secret, ok := key.([]byte)
	return ok && len(secret) >= a.Hash.Size() && a.Method.Verify(m.SigningInput, m.Signature, key) == nil
}
