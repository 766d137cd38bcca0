// Package jws reads and verifies JSON Web Signatures in compact form (RFC 7515
// §7.1). It supports no JSON serialization, no encryption and no extensions.
// Third-party test vectors run against this package.
//
// Only the canonical base64url encoding is accepted. Otherwise, an attacker
// could write the same token as several strings. A cache or deny-list that
// compares strings could then be bypassed.
package jws

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// The errors of a compact JWS. They never quote the input.
var (
	ErrShape     = errors.New("not three base64url segments")
	ErrHeader    = errors.New("header is not strict JSON, or typ is not a string")
	ErrCritical  = errors.New("header has crit or b64, which are not supported")
	ErrKeyID     = errors.New("kid is not printable ASCII of 1 to 256 bytes")
	ErrAlgorithm = errors.New("alg is missing or not supported")
	ErrNested    = errors.New("cty is not a string, or says that the payload is another JWT")
	ErrSignature = errors.New("signature is not valid for this key")
)

// Header contains the header parameters that are used to verify a token.
// ParseHeader also checks crit, b64 and cty. It ignores all other parameters,
// so a key or certificate in the token (jwk, jku, x5c, x5u) is never used (RFC
// 8725 §3.10).
type Header struct {
	Algorithm  string // never empty
	KeyID      string // "" if absent; an empty kid is refused
	Thumbprint string // x5t, used by some servers instead of kid; "" if it is missing or not a valid key ID
	Type       string // "" if absent
}

// Message is a parsed compact JWS whose signature has not been verified. It is
// not safe for concurrent use.
type Message struct {
	Header       Header
	Payload      []byte
	SigningInput string // the first two segments, as sent
	Signature    []byte

	buffer []byte // contains the decoded segments; Verify uses the spare capacity
	used   bool   // whether Split was called since the last Clear
}

// byteOrderMark is U+FEFF in base64url. Other libraries skip it at the start of
// a header. IsJWT also skips it, so that a token with a byte order mark is
// treated as a JWT. ParseHeader then refuses the token.
const byteOrderMark = "77u_"

// IsJWT reports whether a bearer token is meant to be a JWT: it has a dot, and
// its first segment decodes to the beginning of a JSON object, possibly after
// white space. Such a token is treated as opaque only if it is encrypted, or if
// its issuer introspects all tokens. In all other cases, it must be a valid
// JWT. A brace at the beginning is not enough, because one in 256 random opaque
// tokens decodes to such a text. So IsJWT also checks the dot and the character
// after the brace.
func IsJWT(token string) bool {
	first, _, dotted := strings.Cut(token, ".")
	if !dotted {
		return false
	}
	first = strings.TrimPrefix(first, byteOrderMark)
	for open := false; ; {
		quantum := first[:min(len(first), 4)]
		if end := strings.IndexFunc(quantum, outOfAlphabet); end >= 0 {
			quantum = quantum[:end]
		}
		var decoded [3]byte
		n, _ := base64.RawURLEncoding.Decode(decoded[:], []byte(quantum)) // a single character decodes to nothing
		for _, c := range decoded[:n] {
			switch {
			case open:
				return c == '"' || c == '}' || strictjson.IsSpace(c)
			case strictjson.IsSpace(c):
			case c == '{':
				open = true
			default:
				return false
			}
		}
		if len(quantum) < 4 {
			return false
		}
		first = first[4:]
	}
}

func outOfAlphabet(c rune) bool {
	return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

// Encrypted reports whether a bearer token is an encrypted JWT, and returns its
// header. An encrypted JWT has five segments and a header with enc (RFC 7516
// §3.1, §4.1.2). This package does not decrypt.
func Encrypted(token string) (header []byte, encrypted bool) {
	if strings.Count(token, ".") != 4 {
		return nil, false
	}
	first, _, _ := strings.Cut(token, ".")
	header, err := appendDecoded(nil, first)
	if err != nil {
		return nil, false
	}
	err = strictjson.Object(header, func(name string, value strictjson.Value) error {
		encrypted = encrypted || name == "enc" && value.Kind() == '"'
		return nil
	})
	return header, encrypted && err == nil
}

// Split decodes the segments of a compact JWS. It requires exactly three
// segments in canonical base64url. The decoded header is returned separately,
// for [ParseHeader]. Only the payload may be empty. A JWS with an empty payload
// is valid, although it is not a JWT.
func Split(compact string) (m *Message, header []byte, err error) {
	m = new(Message)
	if header, err = m.Split(compact); err != nil {
		return nil, nil, err
	}
	return m, header, nil
}

// Split does the same as the function Split, but stores the result in m. All
// decoded segments, including the returned header, are stored in the buffer of
// m.
func (m *Message) Split(compact string) (header []byte, err error) {
	head, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if head == "" || signature == "" {
		return nil, ErrShape
	}
	m.used = true
	// One allocation provides space for all three segments and for Verify.
	m.buffer = slices.Grow(m.buffer[:0], base64.RawURLEncoding.DecodedLen(len(compact))+len(compact)+verifySpace)
	var segments [3][]byte
	for i, text := range [...]string{head, payload, signature} {
		start := len(m.buffer)
		if m.buffer, err = appendDecoded(m.buffer, text); err != nil {
			return nil, ErrShape
		}
		segments[i] = m.buffer[start:len(m.buffer):len(m.buffer)]
	}
	m.Header, m.SigningInput = Header{}, compact[:len(head)+1+len(payload)]
	m.Payload, m.Signature = segments[1], segments[2]
	return segments[0], nil
}

// maxBuffer limits the buffer that Clear keeps. The decoded segments and the
// signing input of a token of 16 KiB fit into this buffer.
const maxBuffer = 32 << 10

// Clear empties m for reuse. It overwrites the buffer with zeros. It keeps the
// buffer if its capacity is at most maxBuffer.
func (m *Message) Clear() {
	if !m.used {
		return
	}
	clear(m.buffer[:cap(m.buffer)])
	buffer := m.buffer[:0]
	if cap(buffer) > maxBuffer {
		buffer = nil
	}
	*m = Message{buffer: buffer}
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

// verifySpace is the space, in bytes, that Verify needs in addition to the
// signing input: 64 for a digest and 141 for a DER signature, rounded up.
const verifySpace = 256

var encoding = base64.RawURLEncoding.Strict()

// appendDecoded decodes canonical base64url and appends the result to dst. It
// refuses CR and LF first, because encoding/base64 skips them even in strict
// mode.
func appendDecoded(dst []byte, text string) ([]byte, error) {
	if strings.IndexByte(text, '\r') >= 0 || strings.IndexByte(text, '\n') >= 0 {
		return dst, ErrShape
	}
	return encoding.AppendDecode(dst, []byte(text))
}

// maxKeyID limits the length of a key ID, in bytes. Usual key IDs are
// thumbprints, UUIDs or URLs.
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
		case "x5t":
			if text, ok := strictjson.String(value); ok && ValidKeyID(text) {
				h.Thumbprint = text
			}
		case "typ":
			h.Type, ok = strictjson.String(value)
			return refuseUnless(ok, ErrHeader)
		case "cty":
			content, ok := strictjson.String(value)
			return refuseUnless(ok && !isJWTMedia(content), ErrNested)
		case "crit", "b64":
			// No extension is supported, so crit must be refused (RFC 7515
			// §4.1.11). A JWT must not use an unencoded payload, so b64 is
			// refused too (RFC 7797 §7).
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

// isJWTMedia reports whether content is the media type of JWTs. The prefix
// application/ may be omitted (RFC 7515 §4.1.10).
func isJWTMedia(content string) bool {
	return strings.EqualFold(content, "JWT") || strings.EqualFold(content, "application/jwt")
}

func refuseUnless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

// ValidKeyID reports whether a key ID consists of 1 to 256 bytes of printable
// ASCII. Other key IDs could serve only to attack code that prints them or
// looks them up.
func ValidKeyID(kid string) bool {
	for i := range len(kid) {
		if kid[i] < 0x20 || kid[i] > 0x7e {
			return false
		}
	}
	return kid != "" && len(kid) <= maxKeyID
}
