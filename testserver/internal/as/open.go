package as

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// segments are the three parts of a JWT, if each is spelled as base64url is: the
// decoder also takes line ends and bits that mean nothing.
func segments(token string) (raw [3][]byte, ok bool) {
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

// open reads a JWT that a key of the JWKS verifies, or the secret that signs
// for an HS algorithm. One written in another way than tokens are written is
// none, since two spellings of one token would need revoking twice.
func (k *Keyring) open(token string) (header, claims Object, ok bool) {
	raw, ok := segments(token)
	if !ok {
		return nil, nil, false
	}
	header, headerErr := parseObject(raw[0])
	claims, claimsErr := parseObject(raw[1])
	alg, named := header.text("alg")
	if headerErr != nil || claimsErr != nil || !named || header.find("crit") >= 0 { // RFC 7515 §4.1.11: none is known here
		return nil, nil, false
	}
	for _, key := range k.verifying(Alg(alg)) {
		if kid, named := header.text("kid"); (!named || kid == key.ID) && key.verifies(token) {
			return header, claims, true
		}
	}
	return nil, nil, false
}

// verifying are the keys that tokens are checked with: what is published, so
// that a token ends with its key, and the secret that nobody may publish.
func (k *Keyring) verifying(alg Alg) []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := slices.Clone(k.published)
	if secret, ok := k.signing[alg]; ok && alg.Shared() {
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
	if k.Alg.Shared() {
		_, err = jws.Verify(k.Secret)
	} else {
		_, err = jws.Verify(k.Private.Public())
	}
	return err == nil
}

// isAccessToken tells access tokens from what else the same keys sign (RFC 9068
// §4, RFC 8725 §3.12).
func isAccessToken(header, claims Object) bool {
	typ, ok := header.text("typ")
	if !ok && header.find("typ") >= 0 {
		return false
	}
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case "at+jwt":
		return true
	case "", "jwt": // as from servers older than RFC 9068
		if claims.find("azp") >= 0 && claims.find("client_id") < 0 {
			return false
		}
		return !slices.ContainsFunc(claims, func(claim Member) bool {
			return slices.Contains([]string{"nonce", "at_hash", "c_hash"}, claim.Name) // an ID token's
		})
	}
	return false
}

// hint reads an ID token that comes back as a hint; it may have expired. Access
// tokens hint at nobody: APIs have those of their callers.
func (s *Server) hint(text string) (claims Object, ok bool) {
	header, claims, ok := s.Keys.open(text)
	return claims, ok && !isAccessToken(header, claims)
}
