package token

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Segments are the three parts of a JWT, if each is spelled as base64url is: the
// decoder also takes line ends and bits that mean nothing.
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

// Open reads a JWT that a key of the JWKS verifies, or the secret that signs
// for an HS algorithm. It refuses one that is written in another way than tokens
// are written, since two spellings of one token would need revoking twice.
func (k *Keyring) Open(token string) (header, claims Object, ok bool) {
	raw, ok := Segments(token)
	if !ok {
		return nil, nil, false
	}
	header, headerErr := ParseObject(raw[0])
	claims, claimsErr := ParseObject(raw[1])
	alg, named := header.Text("alg")
	if headerErr != nil || claimsErr != nil || !named || header.Find("crit") >= 0 { // RFC 7515 §4.1.11: no extension is known here
		return nil, nil, false
	}
	for _, key := range k.verifying(catalogue.Alg(alg)) {
		if kid, named := header.Text("kid"); (!named || kid == key.ID) && key.verifies(token) {
			return header, claims, true
		}
	}
	return nil, nil, false
}

// verifying are the keys that tokens are checked with: what is published, so
// that a token ends with its key, and the secret that nobody may publish.
func (k *Keyring) verifying(alg catalogue.Alg) []Key {
	r, unlock := k.ring.RLock()
	defer unlock()
	keys := slices.Clone(r.published)
	if secret, ok := r.signing[alg]; ok && IsShared(alg) {
		keys = append(keys, secret)
	}
	return keys
}

// verifies reports whether k signed token, under its own algorithm.
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
