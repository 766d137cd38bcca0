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
	"slices"
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
	Algorithm  string // never empty
	KeyID      string // "" when absent; an empty kid is refused
	Thumbprint string // x5t, where some servers write what would be the kid; "" unless it could be a key ID
	Type       string // "" when absent
}

// Message is a parsed compact JWS whose signature has not been verified. It
// is not for concurrent use.
type Message struct {
	Header       Header
	Payload      []byte
	SigningInput string // the first two segments as they were sent
	Signature    []byte

	room []byte // that the segments lie in; Verify works behind them
	used bool   // since it was cleared
}

// byteOrderMark is U+FEFF in base64url. It is refused where a header is read, but
// other libraries skip it there.
const byteOrderMark = "77u_"

// IsJWT reports whether a bearer token claims to be a JWT: it has a dot, and
// its first segment decodes to the beginning of a JSON object, white space
// before it included. The verdict is final: a token for which this holds is never
// treated as opaque, however it fails, unless it is encrypted. Looking at what
// follows the brace and for a dot keeps random handles, of which one in 256
// would decode to a leading brace, out of it.
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
		n, _ := base64.RawURLEncoding.Decode(decoded[:], []byte(quantum)) // of a single character, nothing
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

// Encrypted reports whether a bearer token is an encrypted JWT: five segments,
// and a header with enc (RFC 7516 §3.1, §4.1.2). It returns the header; nothing
// here decrypts.
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

// Split checks the shape of a compact JWS and decodes its segments. The
// decoded header is returned apart, for [ParseHeader]. The payload alone may be
// empty: that is a JWS, if not a JWT.
func Split(compact string) (m *Message, header []byte, err error) {
	m = new(Message)
	if header, err = m.Split(compact); err != nil {
		return nil, nil, err
	}
	return m, header, nil
}

// Split is the function of that name for a message that is used again: the
// segments, the header among them, lie in the room of the one before.
func (m *Message) Split(compact string) (header []byte, err error) {
	head, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if head == "" || signature == "" {
		return nil, ErrShape
	}
	m.used = true
	// One allocation serves all three segments, and Verify.
	m.room = slices.Grow(m.room[:0], base64.RawURLEncoding.DecodedLen(len(compact))+len(compact)+verifyRoom)
	var segments [3][]byte
	for i, text := range [...]string{head, payload, signature} {
		start := len(m.room)
		if m.room, err = appendDecoded(m.room, text); err != nil {
			return nil, ErrShape
		}
		segments[i] = m.room[start:len(m.room):len(m.room)]
	}
	m.Header, m.SigningInput = Header{}, compact[:len(head)+1+len(payload)]
	m.Payload, m.Signature = segments[1], segments[2]
	return segments[0], nil
}

// maxKept bounds what a message that is used again keeps room for: a token of
// 16 KiB, its segments decoded and its signing input beside them.
const maxKept = 32 << 10

// Clear makes an empty message of m, which keeps its room but nothing in it.
func (m *Message) Clear() {
	if !m.used {
		return
	}
	clear(m.room[:cap(m.room)])
	room := m.room[:0]
	if cap(room) > maxKept {
		room = nil
	}
	*m = Message{room: room}
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

// verifyRoom is what Verify needs besides the signing input: a digest of 64
// bytes and a DER signature of 139.
const verifyRoom = 256

var encoding = base64.RawURLEncoding.Strict()

// appendDecoded decodes canonical base64url. The charset is checked first
// because encoding/base64 skips CR and LF even when strict.
func appendDecoded(dst []byte, text string) ([]byte, error) {
	if strings.IndexByte(text, '\r') >= 0 || strings.IndexByte(text, '\n') >= 0 {
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
