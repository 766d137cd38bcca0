package grants

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// A refresh token consists of refreshMark, the ID of its family, its generation
// and a MAC of all three. The server can compute every refresh token and does
// not store any. It therefore recognizes a token that was rotated long ago, and
// can issue the same successor twice.
const (
	familyBytes  = 16
	refreshBytes = 1 + familyBytes + 4 + sha256.Size
	refreshMark  = 0x80 // the first byte, as in opaque tokens; JSON cannot begin with it
)

// RefreshToken returns the refresh token of the family's current generation, or
// "" if the family has none. The secret is that of the server.
func RefreshToken(secret []byte, f Family) string {
	id, err := base64.RawURLEncoding.DecodeString(f.ID)
	if err != nil || len(id) != familyBytes || f.Generation == 0 {
		return ""
	}
	b := append(make([]byte, 0, refreshBytes), refreshMark)
	b = append(b, id...)
	b = binary.BigEndian.AppendUint32(b, uint32(f.Generation)) //nolint:gosec // it is counted up from 1
	return base64.RawURLEncoding.EncodeToString(append(b, mac(secret, b)...))
}

func mac(secret, text []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write(text)
	return m.Sum(nil)
}

// ReadRefreshToken returns the family ID and the generation of a refresh token.
// It returns false if the token was not made with the given secret.
func ReadRefreshToken(secret []byte, token string) (family string, generation int, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != refreshBytes || base64.RawURLEncoding.EncodeToString(b) != token {
		return "", 0, false
	}
	text, sum := b[:refreshBytes-sha256.Size], b[refreshBytes-sha256.Size:]
	if text[0] != refreshMark || !hmac.Equal(sum, mac(secret, text)) {
		return "", 0, false
	}
	return base64.RawURLEncoding.EncodeToString(text[1 : 1+familyBytes]), int(binary.BigEndian.Uint32(text[1+familyBytes:])), true
}
