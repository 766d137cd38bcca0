package middleware

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// checkShape distinguishes JWTs from opaque tokens, once and for all: one that fails as
// the one thing is never tried as the other. An encrypted JWT is opaque, since
// only its issuer can read it. One whose header names another issuer (RFC 7519
// §5.3) is refused.
func (d *decision) checkShape() (err error) {
	header, encrypted := jws.Encrypted(d.token)
	switch {
	case !encrypted && jws.IsJWT(d.token) && !d.v.asksAbout(d.token):
		if d.head, err = d.message.Split(d.token); err != nil {
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		d.payload = string(d.message.Payload)
	case d.v.introspecting == nil, encrypted && !d.v.mayAsk(header):
		return ErrOpaque
	case !d.v.isTokenText(d.token):
		return ErrMalformed
	default:
		d.opaque, d.issuer = true, d.v.introspecting
	}
	return nil
}

// checkHeader reads the header and makes the refusals that hold for every
// issuer: extensions, nesting, "none" and any other algorithm that is not supported.
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

// header is a header that was read. It is never changed.
type header struct {
	jws.Header
	kind      string         // the media type in typ
	algorithm *jws.Algorithm // that alg names, nil if unsupported

	text string // the segment that it was read from, once it is remembered
}

func newHeader(parsed jws.Header) *header {
	return &header{Header: parsed, kind: kindOf(parsed.Type), algorithm: jws.Find(parsed.Algorithm)}
}

// kindOf returns the media type in typ, which is case-insensitive and may omit
// "application/" (RFC 7515 §4.1.9).
func kindOf(typ string) string {
	kind := strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A' // strings.ToLower also folds letters of other scripts into ASCII
		}
		return c
	}, typ)
	if short, ok := strings.CutPrefix(kind, "application/"); ok && short != "" {
		return short
	}
	return kind
}

// maxHeader bounds the text of a header that is remembered.
const maxHeader = 1 << 10

// headers remember how the headers of some tokens read: an issuer writes the
// same few over and over. Only those of tokens whose signature verified are
// kept, so that no flood gets in, and a place for each bounds them. What a text
// says does not depend on the keys, so nothing here ever becomes wrong.
type headers struct {
	seed   maphash.Seed
	places [64]atomic.Pointer[header]
}

// find returns the header of a token, or nil if it is not known.
func (h *headers) find(token string) *header {
	text, _, _ := strings.Cut(token, ".")
	if known := h.place(text).Load(); known != nil && known.text == text {
		return known
	}
	return nil
}

// keep remembers the header of a token.
func (h *headers) keep(token string, read *header) {
	text, _, _ := strings.Cut(token, ".")
	if read.text != "" || len(text) > maxHeader {
		return
	}
	kept := *read
	kept.text = strings.Clone(text)
	h.place(text).Store(&kept)
}

func (h *headers) place(text string) *atomic.Pointer[header] {
	return &h.places[maphash.String(h.seed, text)%uint64(len(h.places))]
}
