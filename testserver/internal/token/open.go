package token

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Segments returns the three decoded parts of a JWT. It returns false if a part
// is not canonical base64url. Segments checks this because the decoder accepts
// line breaks and ignores unused bits.
func Segments(token string) (raw [3][]byte, ok bool) {
	list := strings.Split(token, ".")
	if len(list) != 3 {
		return raw, false
	}
	for i, text := range list {
		var err error
		raw[i], err = base64.RawURLEncoding.DecodeString(text)
		if err != nil || base64.RawURLEncoding.EncodeToString(raw[i]) != text {
			return raw, false
		}
	}
	return raw, true
}

// Open parses a JWT and verifies it with the keys of the JWKS, or with the
// secret of an HS algorithm. It accepts only the canonical encoding of a token,
// because a revocation would not cover another encoding of the same token.
func (k *Keyring) Open(token string) (header, claims Object, ok bool) {
	raw, ok := Segments(token)
	if !ok {
		return nil, nil, false
	}
	header, headerErr := ParseObject(raw[0])
	claims, claimsErr := ParseObject(raw[1])
	alg, named := header.Text("alg")
	if headerErr != nil || claimsErr != nil || !named || header.Find("crit") >= 0 { // RFC 7515 §4.1.11: no extensions are supported
		return nil, nil, false
	}
	for _, key := range k.verifying(catalogue.Alg(alg)) {
		if kid, named := header.Text("kid"); (!named || kid == key.ID) && key.verifies(token) {
			return header, claims, true
		}
	}
	return nil, nil, false
}

// verifying returns the keys that can verify a token: the published keys and,
// if alg has a shared secret, this secret. If a key is removed from the
// published keys, the tokens that it has signed become invalid.
func (k *Keyring) verifying(alg catalogue.Alg) []Key {
	r, unlock := k.ring.RLock()
	defer unlock()
	keys := slices.Clone(r.published)
	if secret, ok := r.signing[alg]; ok && IsShared(alg) {
		keys = append(keys, secret)
	}
	return keys
}

// verifies reports whether the token is signed with k and the algorithm of k.
func (k Key) verifies(token string) bool {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Alg)})
	if err != nil {
		return false
	}
	if IsShared(k.Alg) {
		_, err = jws.Verify(k.Secret)
	} else {
		_, err = jws.Verify(k.Private.Public())
	}
	return err == nil
}

// VerifiedBy reports whether a public key verifies a JWS. jws must be the
// result of parsing text. Its algorithm must be one that clients may sign with.
// Critical extensions are not supported (RFC 7515 §4.1.11).
func VerifiedBy(text string, jws *jose.JSONWebSignature, public any) bool {
	signature := jws.Signatures[0]
	if _, critical := signature.Header.ExtraHeaders["crit"]; critical { // go-jose supports b64
		return false
	}
	if signature.Header.Algorithm != string(catalogue.Ed25519) {
		_, err := jws.Verify(public)
		return err == nil
	}
	// go-jose supports EdDSA, but not the algorithm name Ed25519.
	key, ok := public.(ed25519.PublicKey)
	return ok && ed25519.Verify(key, []byte(text[:strings.LastIndexByte(text, '.')]), signature.Signature)
}
