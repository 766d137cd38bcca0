// Package strictjson reads JSON whose meaning decides who gets in: token
// headers and claims, JWK Sets, metadata and introspection answers.
//
// Two parsers that disagree about the same bytes are a way around a check, so
// everything that could be read in two ways is refused (RFC 7515 §4, RFC 7519
// §4, RFC 8725 §2.4): repeated member names at any depth, invalid UTF-8 and
// lone surrogates, a root that is not an object, bytes after the root. Names
// are compared exactly; "EXP" is not "exp". Nesting and member counts are
// bounded. Errors are constants: they never quote the input.
package strictjson

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a document. Real tokens nest four or five levels deep and have
// fewer than forty members.
const (
	MaxDepth   = 32
	MaxMembers = 256
)

// The faults of a document.
var (
	ErrSyntax    = errors.New("not one strict JSON object")
	ErrDepth     = errors.New("JSON is nested too deeply")
	ErrMembers   = errors.New("JSON object has too many members")
	ErrDuplicate = errors.New("JSON object repeats a member")
)

// Pointer is a JSON Pointer (RFC 6901).
type Pointer = jsontext.Pointer

// Value is the raw text of one JSON value. It aliases the document.
type Value = jsontext.Value

// Object reads data as one strict JSON object and calls member with each of
// its members in the order of the text. An error of member ends the walk and
// is returned as it is.
func Object(data []byte, member func(name string, value Value) error) error {
	if err := checkDepth(data); err != nil {
		return err
	}
	return walk(jsontext.NewDecoder(bytes.NewBuffer(data)), member)
}

// LooseObject is Object for a container whose parts are judged one by one
// later, such as a JWK Set: repeated names and bad UTF-8 inside a member's
// value pass, those of the object itself do not.
func LooseObject(data []byte, member func(name string, value Value) error) error {
	if err := checkDepth(data); err != nil {
		return err
	}
	seen := make(map[string]bool)
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return walk(dec, func(name string, value Value) error {
		switch {
		case strings.ContainsRune(name, utf8.RuneError): // what bad UTF-8 is read as
			return ErrSyntax
		case seen[name]:
			return ErrDuplicate
		}
		seen[name] = true
		return member(name, value)
	})
}

func walk(dec *jsontext.Decoder, member func(name string, value Value) error) error {
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return ErrSyntax
	}
	for n := 0; dec.PeekKind() != '}'; n++ {
		if n == MaxMembers {
			return ErrMembers
		}
		tok, err := dec.ReadToken()
		if err != nil {
			return fault(err)
		}
		name := tok.String() // before the next read, which invalidates tok
		value, err := dec.ReadValue()
		if err != nil {
			return fault(err)
		}
		if err := member(name, value); err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return ErrSyntax
	}
	if dec.PeekKind() != 0 || len(bytes.TrimLeft(dec.UnreadBuffer(), " \t\r\n")) > 0 {
		return ErrSyntax
	}
	return nil
}

// fault replaces an error of jsontext, whose text quotes the input.
func fault(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return ErrDuplicate
	}
	return ErrSyntax
}

// checkDepth counts brackets outside strings before anything recurses. On
// text that is not JSON the count may be off, and the walk refuses the text.
func checkDepth(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return ErrDepth
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// String returns the text of a JSON string, or false for any other value.
func String(v Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	text, err := jsontext.AppendUnquote(nil, v)
	return string(text), err == nil
}

// Strings returns the elements of a JSON array that holds strings and nothing
// else, at most limit of them.
func Strings(v Value, limit int) ([]string, bool) {
	var list []string
	ok := Elements(v, limit, func(element Value) bool {
		text, ok := String(element)
		list = append(list, text)
		return ok
	})
	if !ok {
		return nil, false
	}
	return list, true
}

// Elements calls f with each element of a JSON array in order. It reports
// whether v is an array of at most limit elements and f held for each.
func Elements(v Value, limit int, f func(Value) bool) bool {
	if v.Kind() != '[' {
		return false
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return false
	}
	for n := 0; dec.PeekKind() != ']'; n++ {
		element, err := dec.ReadValue()
		if err != nil || n == limit || !f(element) {
			return false
		}
	}
	return true
}

// maxDate is 9999-12-31T23:59:59Z. A float beyond the range of int64 converts
// to a different number on each CPU, so nothing beyond a year of four digits
// is let near that conversion.
const maxDate = 253402300799

// Date reads a NumericDate (RFC 7519 §2): a JSON number of seconds from 1970
// to the year 9999. A fraction is kept to a quarter of a microsecond.
func Date(v Value) (time.Time, bool) {
	if v.Kind() != '0' {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(string(v), 64)
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

// Lookup returns the value a JSON Pointer (RFC 6901) names inside the strict
// document data, or nil.
func Lookup(data Value, pointer Pointer) Value {
	for token := range pointer.Tokens() {
		data = child(data, token)
	}
	return data
}

func child(data Value, token string) Value {
	var found Value
	switch data.Kind() {
	case '{':
		// A document already read as strict has each name once.
		_ = walk(jsontext.NewDecoder(bytes.NewBuffer(data)), func(name string, value Value) error {
			if name == token {
				found = value
			}
			return nil
		})
	case '[':
		index, err := strconv.Atoi(token)
		if err != nil || strconv.Itoa(index) != token {
			return nil
		}
		at := 0
		Elements(data, len(data), func(element Value) bool {
			if at == index {
				found = element
			}
			at++
			return found == nil
		})
	}
	return found
}
