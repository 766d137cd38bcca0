// Package jws reads and verifies compact JSON Web Signatures (RFC 7515 §7.1),
// and nothing else: no JSON serialization, no encryption, no extensions. It is
// the seam at which third-party test vectors run.
//
// A signature covers bytes, so text that decodes to the same bytes in two
// spellings is two tokens for whoever keys a cache or a deny-list on the text.
// Base64url is therefore read in its one canonical spelling.
package jws

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// The faults of a compact JWS. None of them quotes the input.
var (
	ErrShape     = errors.New("not three base64url segments")
	ErrHeader    = errors.New("header is not acceptable JSON")
	ErrCritical  = errors.New("header names critical extensions or an unencoded payload")
	ErrKeyID     = errors.New("key ID is not acceptable")
	ErrAlgorithm = errors.New("algorithm is not known")
	ErrNested    = errors.New("content type says that the payload is another JWT")
	ErrSignature = errors.New("signature does not verify")
)

// Header holds the parameters that decide. All others are ignored, so a key
// or certificate that travels in the token (jwk, jku, x5c, x5u) is never used
// (RFC 8725 §3.10).
type Header struct {
	Algorithm string // never empty
	KeyID     string // "" when absent; an empty kid is refused
	Type      string // "" when absent
}

// Message is a parsed compact JWS whose signature has not been verified.
type Message struct {
	Header       Header
	Payload      []byte
	SigningInput string // the first two segments as they were sent
	Signature    []byte
}

// IsJWT reports whether a bearer token claims to be a JWT: it has a dot, and
// its first segment decodes to the beginning of a JSON object. The verdict is
// final; a token of which this holds is never treated as opaque, however it
// fails. Looking at two bytes and for a dot keeps random handles, of which one
// in 256 would decode to a leading brace, out of it.
func IsJWT(token string) bool {
	first, _, dotted := strings.Cut(token, ".")
	if !dotted || len(first) < 3 {
		return false
	}
	decoded, err := base64.RawURLEncoding.DecodeString(first[:3])
	if err != nil || len(decoded) != 2 { // encoding/base64 skips CR and LF
		return false
	}
	return decoded[0] == '{' && strings.IndexByte("\"} \t\r\n", decoded[1]) >= 0
}

// Split checks the shape of a compact JWS and decodes its segments. The
// decoded header is returned apart, for [ParseHeader]. The payload alone may be
// empty: that is a JWS, if not a JWT.
func Split(compact string) (m *Message, header []byte, err error) {
	head, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if head == "" || signature == "" {
		return nil, nil, ErrShape
	}
	// One allocation serves all three segments.
	buffer := make([]byte, 0, base64.RawURLEncoding.DecodedLen(len(compact)))
	var segments [3][]byte
	for i, text := range [...]string{head, payload, signature} {
		start := len(buffer)
		if buffer, err = appendDecoded(buffer, text); err != nil {
			return nil, nil, ErrShape
		}
		segments[i] = buffer[start:len(buffer):len(buffer)]
	}
	return &Message{
		Payload:      segments[1],
		SigningInput: compact[:len(head)+1+len(payload)],
		Signature:    segments[2],
	}, segments[0], nil
}

// Parse splits a compact JWS and reads its header.
func Parse(compact string) (*Message, error) {
	m, header, err := Split(compact)
	if err != nil {
		return nil, err
	}
	if m.Header, err = ParseHeader(header); err != nil {
		return nil, err
	}
	return m, nil
}

var encoding = base64.RawURLEncoding.Strict()

// appendDecoded decodes canonical base64url. The charset is checked first
// because encoding/base64 skips CR and LF even when strict.
func appendDecoded(dst []byte, text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return dst, ErrShape
	}
	return encoding.AppendDecode(dst, []byte(text))
}

// maxKeyID bounds a key ID: real ones are thumbprints, UUIDs or URLs.
const maxKeyID = 256

// ParseHeader reads a decoded JOSE header strictly.
func ParseHeader(data []byte) (Header, error) {
	var h Header
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		var ok bool
		switch name {
		case "alg":
			h.Algorithm, ok = strictjson.String(value)
			return refuseUnless(ok && h.Algorithm != "", ErrAlgorithm)
		case "kid":
			h.KeyID, ok = strictjson.String(value)
			return refuseUnless(ok && ValidKeyID(h.KeyID), ErrKeyID)
		case "typ":
			h.Type, ok = strictjson.String(value)
			return refuseUnless(ok, ErrHeader)
		case "cty":
			content, ok := strictjson.String(value)
			return refuseUnless(ok && !isJWTMedia(content), ErrNested)
		case "crit", "b64":
			// No extension is supported, so none that must be understood can
			// pass (RFC 7515 §4.1.11), and a JWT may not use an unencoded
			// payload (RFC 7797 §7).
			return ErrCritical
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrAlgorithm), errors.Is(err, ErrKeyID), errors.Is(err, ErrNested), errors.Is(err, ErrCritical):
		return Header{}, err
	case err != nil:
		return Header{}, ErrHeader
	case h.Algorithm == "":
		return Header{}, ErrAlgorithm
	}
	return h, nil
}

// isJWTMedia reports whether a content type is JWT's: in full, or without the
// application/ that is left out where no other slash appears (RFC 7515 §4.1.10).
func isJWTMedia(content string) bool {
	return strings.EqualFold(content, "JWT") || strings.EqualFold(content, "application/jwt")
}

func refuseUnless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

// ValidKeyID reports whether a key ID can name a key: printable ASCII, at
// least one byte and at most 256. Anything else would only ever be an attack
// on whatever prints or looks it up.
func ValidKeyID(kid string) bool {
	for i := range len(kid) {
		if kid[i] < 0x20 || kid[i] > 0x7e {
			return false
		}
	}
	return kid != "" && len(kid) <= maxKeyID
}
