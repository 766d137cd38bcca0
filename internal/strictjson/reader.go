package strictjson

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is the text of one JSON value, as it stands in its document: no value
// is "", which therefore stands for none.
type Value string

// Kind returns what kind of value it is: 'n', 't', 'f', '"', '0' for all
// numbers, '{' or '['.
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

// IsSpace reports whether c is white space between the parts of a document.
func IsSpace(c byte) bool { return strings.IndexByte(space, c) >= 0 }

// reader reads one document. The decoder wants bytes, and its callers get
// strings: parts of the document, which nobody can change.
type reader struct {
	doc    string
	copied []byte
	buffer bytes.Buffer // lies over copied
	dec    jsontext.Decoder
}

// readers are kept because a decoder costs more to make than a token to read.
var readers = sync.Pool{New: func() any { return new(reader) }}

// maxKept bounds what a reader keeps room for.
const maxKept = 16 << 10

func read(doc string, options ...jsontext.Options) *reader {
	r := readers.Get().(*reader)
	r.doc, r.copied = doc, append(r.copied[:0], doc...)
	r.buffer = *bytes.NewBuffer(r.copied)
	r.dec.Reset(&r.buffer, options...)
	return r
}

// release makes the reader ready for the next document. It holds nothing of
// this one then but what the decoder keeps to tell names apart: names of
// members, and never a value.
func (r *reader) release() {
	clear(r.copied)
	if cap(r.copied) > maxKept {
		r.copied = nil
	}
	r.doc, r.buffer = "", bytes.Buffer{}
	r.dec.Reset(&r.buffer)
	readers.Put(r)
}

// value returns the next value as a part of the document.
func (r *reader) value() (Value, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return "", fault(err)
	}
	end := int(r.dec.InputOffset())
	return Value(r.doc[end-len(raw) : end]), nil
}

// members calls member with each member of the one object, at most limit of them.
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
		name, _ := unquote(quoted) // bad UTF-8, where it passes, shows in the name
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

// elements calls f with the elements of the one array there is, until it does
// not hold.
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
