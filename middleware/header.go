package middleware

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// checkShape distinguishes JWTs from opaque tokens. A token that is refused as
// a JWT is never tried as an opaque token, and an opaque token is never tried
// as a JWT. An encrypted JWT is treated as opaque, because only its issuer can
// read it. If the header of an encrypted JWT contains the iss of another
// issuer, the JWT is refused (RFC 7519 §5.3).
func (d *decision) checkShape() (err error) {
	header, encrypted := jws.Encrypted(d.token)
	switch {
	case !encrypted && jws.IsJWT(d.token) && (d.other == signals || !d.v.introspects(d.token)):
		if d.head, err = d.message.Split(d.token); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		d.payload = string(d.message.Payload)
	case d.v.introspecting == nil, d.other == signals, encrypted && !d.v.mayIntrospect(header):
		return ErrOpaque
	case !d.v.isTokenText(d.token):
		return ErrMalformed
	default:
		d.opaque, d.issuer = true, d.v.introspecting
	}
	return nil
}

// checkHeader parses the header of a token. For every issuer, it refuses
// extensions, nested tokens, "none" and unsupported algorithms.
func (d *decision) checkHeader() (err error) {
	if d.header = d.v.headers.find(d.token); d.header != nil {
		return nil
	}
	parsed, err := jws.ParseHeader(d.head)
	if errors.Is(err, jws.ErrAlgorithm) {
		return ErrAlgorithm
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	d.header = newHeader(parsed)
	if d.header.algorithm == nil {
		return ErrAlgorithm
	}
	return nil
}

// header is a parsed header. It is never modified.
type header struct {
	jws.Header
	kind      string         // the media type in typ
	algorithm *jws.Algorithm // the algorithm in alg; nil if it is not supported

	text string // the encoded header; "" if the header is not cached
}

func newHeader(parsed jws.Header) *header {
	return &header{Header: parsed, kind: kindOf(parsed.Type), algorithm: jws.Find(parsed.Algorithm)}
}

// kindOf returns the media type in typ, in lower case and without
// "application/": typ is case-insensitive and may omit that prefix (RFC 7515
// §4.1.9).
func kindOf(typ string) string {
	kind := strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A' // strings.ToLower also turns U+0130 and U+212A into ASCII
		}
		return c
	}, typ)
	if short, ok := strings.CutPrefix(kind, "application/"); ok && short != "" {
		return short
	}
	return kind
}

// maxHeader is the maximum length of a cached header, in bytes.
const maxHeader = 1 << 10

// headerCache caches parsed headers, because an issuer uses the same few
// headers for all its tokens. The cache has a fixed number of slots. An
// attacker cannot fill them, because only headers of tokens with a valid
// signature are cached. Entries never become stale, because parsing does not
// depend on keys.
type headerCache struct {
	seed  maphash.Seed
	slots [64]atomic.Pointer[header]
}

// find returns the header of a token, or nil if it is not cached.
func (h *headerCache) find(token string) *header {
	text, _, _ := strings.Cut(token, ".")
	if cached := h.slot(text).Load(); cached != nil && cached.text == text {
		return cached
	}
	return nil
}

// store caches the header of a token.
func (h *headerCache) store(token string, read *header) {
	text, _, _ := strings.Cut(token, ".")
	if read.text != "" || len(text) > maxHeader {
		return
	}
	stored := *read
	stored.text = strings.Clone(text)
	h.slot(text).Store(&stored)
}

func (h *headerCache) slot(text string) *atomic.Pointer[header] {
	return &h.slots[maphash.String(h.seed, text)%uint64(len(h.slots))]
}
