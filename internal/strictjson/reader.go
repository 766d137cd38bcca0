package strictjson

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is the text of one JSON value, as written in its document. The text of
// a value is never empty, so "" means that the value is missing.
type Value string

// Kind returns the kind of the value: 'n' for null, 't' for true, 'f' for
// false, '"' for a string, '0' for a number, '{' for an object, or '[' for an
// array. It is 0 for "".
func (v Value) Kind() jsontext.Kind {
	begin := string(v)
	if begin != "" && begin[0] <= ' ' {
		begin = strings.TrimLeft(begin, space)
	}
	switch {
	case begin == "":
		return 0
	case begin[0] == '-' || '0' <= begin[0] && begin[0] <= '9':
		return '0'
	}
	return jsontext.Kind(begin[0])
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.Kind() == 'n' }

const space = " \t\r\n"

// IsSpace reports whether c is JSON white space (RFC 8259 §2).
func IsSpace(c byte) bool { return strings.IndexByte(space, c) >= 0 }

// reader reads one document. The decoder needs bytes, so it reads a copy.
// Callers get substrings of the original document, which is immutable.
type reader struct {
	doc    string
	copied []byte
	buffer bytes.Buffer // reads the bytes of copied
	dec    jsontext.Decoder
}

// readers are pooled because creating a decoder is more expensive than reading
// a token.
var readers = sync.Pool{New: func() any { return new(reader) }}

// maxPooled limits the buffer of a pooled reader, in bytes.
const maxPooled = 16 << 10

func read(doc string, options ...jsontext.Options) *reader {
	r := readers.Get().(*reader)
	r.doc, r.copied = doc, append(r.copied[:0], doc...)
	r.buffer = *bytes.NewBuffer(r.copied)
	r.dec.Reset(&r.buffer, options...)
	return r
}

// release clears the reader and returns it to the pool. The reader keeps
// nothing of the old document except the member names that the decoder stores
// to detect duplicates.
func (r *reader) release() {
	clear(r.copied)
	if cap(r.copied) > maxPooled {
		r.copied = nil
	}
	r.doc, r.buffer = "", bytes.Buffer{}
	r.dec.Reset(&r.buffer)
	readers.Put(r)
}

// value returns the next value as a substring of the document.
func (r *reader) value() (Value, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return "", fault(err)
	}
	end := int(r.dec.InputOffset())
	return Value(r.doc[end-len(raw) : end]), nil
}

// members calls the given function with each member of the document's object.
// If the object has more than limit members, members returns an error.
func (r *reader) members(limit int, member func(name string, value Value) error) error {
	if tok, err := r.dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return ErrSyntax
	}
	for n := 0; r.dec.PeekKind() != '}'; n++ {
		if n == limit {
			return ErrMembers
		}
		quoted, err := r.value()
		if err != nil {
			return err
		}
		name, _ := unquote(quoted) // if invalid UTF-8 is allowed, the name may contain it, or U+FFFD in its place
		value, err := r.value()
		if err != nil {
			return err
		}
		if err := member(name, value); err != nil {
			return err
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return ErrSyntax
	}
	if r.dec.PeekKind() != 0 || len(bytes.TrimLeft(r.dec.UnreadBuffer(), space)) > 0 {
		return ErrSyntax
	}
	return nil
}

// elements calls f with each element of the document's array. It returns true
// if the array has at most limit elements and f returned true for all elements.
func (r *reader) elements(limit int, f func(Value) bool) bool {
	if _, err := r.dec.ReadToken(); err != nil {
		return false
	}
	for n := 0; r.dec.PeekKind() != ']'; n++ {
		element, err := r.value()
		if err != nil || n == limit || !f(element) {
			return false
		}
	}
	return true
}
