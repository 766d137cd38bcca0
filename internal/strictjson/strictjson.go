// Package strictjson reads JSON that affects authorization: token headers and
// claims, JWK Sets, metadata and introspection responses.
//
// If two parsers read the same bytes differently, an attacker can bypass a
// check. Ambiguous JSON is therefore refused (RFC 7515 §4, RFC 7519 §4, RFC
// 8725 §2.4). JSON is ambiguous if it has repeated member names at any depth,
// invalid UTF-8 or lone surrogates, a root that is not an object, or bytes
// after the root. Names are compared exactly: "EXP" is not "exp". Nesting and
// member counts are limited. Error texts are fixed, so they never quote the
// input.
package strictjson

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// These constants limit the nesting depth of a document and the number of
// members of its outermost object. Real tokens are nested four or five levels
// deep and have fewer than forty members. Tokens that contain a whole user
// record have about two hundred members.
const (
	MaxDepth   = 32
	MaxMembers = 256
)

// The reasons why a document is refused.
var (
	ErrSyntax    = errors.New("JSON is not valid, is not an object, or is followed by more data")
	ErrDepth     = errors.New("JSON is nested more than 32 levels deep")
	ErrMembers   = errors.New("JSON object has more than 256 members")
	ErrDuplicate = errors.New("JSON object repeats a member")
)

// Pointer is a JSON Pointer (RFC 6901).
type Pointer = jsontext.Pointer

// text is the type constraint of a document.
type text interface{ ~string | ~[]byte }

// Object reads data as one strict JSON object. It calls the given function with
// each member, in the order of the document. If the function returns an error,
// Object stops and returns that error unchanged. If data is a string, each
// value is a substring of data. So is each name without escapes.
func Object[T text](data T, member func(name string, value Value) error) error {
	doc := string(data)
	if err := checkDepth(doc); err != nil {
		return err
	}
	r := read(doc)
	err := r.members(MaxMembers, member)
	r.release()
	return err
}

// LooseObject is like [Object], but refuses repeated names and invalid UTF-8
// only in the names of the outermost object. The values of its members may
// contain both. LooseObject is for a container whose elements are checked
// later, such as a JWK Set.
func LooseObject[T text](data T, member func(name string, value Value) error) error {
	doc := string(data)
	if err := checkDepth(doc); err != nil {
		return err
	}
	seen := make(map[string]bool)
	r := read(doc, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := r.members(MaxMembers, func(name string, value Value) error {
		switch {
		case strings.ContainsRune(name, utf8.RuneError): // also finds invalid UTF-8, which package strings treats as this character
			return ErrSyntax
		case seen[name]:
			return ErrDuplicate
		}
		seen[name] = true
		return member(name, value)
	})
	r.release()
	return err
}

// fault maps an error of jsontext to an error of this package, because the text
// of the original error quotes the input.
func fault(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return ErrDuplicate
	}
	return ErrSyntax
}

// checkDepth returns an error if doc is nested too deeply. It runs before the
// decoder reads doc. It counts brackets outside strings. If doc is not JSON,
// the count may be wrong, but then the decoder refuses doc.
func checkDepth(doc string) error {
	if strings.Count(doc, "{")+strings.Count(doc, "[") <= MaxDepth {
		return nil // true for nearly all tokens
	}
	depth, inString := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
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

// String returns the content of a JSON string, or false if v is any other
// value.
func String(v Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	return unquote(v)
}

func unquote(v Value) (string, bool) {
	if inner := v[1 : len(v)-1]; strings.IndexByte(string(inner), '\\') < 0 {
		return string(inner), true
	}
	unquoted, err := jsontext.AppendUnquote(nil, v)
	return string(unquoted), err == nil
}

// Strings returns the elements of a JSON array of at most limit strings, or
// false if v is any other value.
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

// Elements calls f with each element of a JSON array in order. It returns true
// if v is an array of at most limit elements and f returned true for all
// elements.
func Elements(v Value, limit int, f func(Value) bool) bool {
	if v.Kind() != '[' {
		return false
	}
	r := read(string(v), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	ok := r.elements(limit, f)
	r.release()
	return ok
}

// maxDate is 9999-12-31T23:59:59Z. Later dates are refused before they are
// converted to int64, because the conversion of a float beyond the range of
// int64 depends on the CPU.
const maxDate = 253402300799

// Date reads a NumericDate (RFC 7519 §2), which is a JSON number of seconds
// since 1970. It accepts dates from 1970 to the year 9999. Until the year 2106,
// a fraction of a second is accurate to a quarter of a microsecond.
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

// Lookup returns the value at a JSON Pointer (RFC 6901) in data, or "" if data
// has no value there. If data is not strict JSON and repeats a name, Lookup
// returns one of the matching values.
func Lookup[T text](data T, pointer Pointer) Value {
	found := Value(data)
	for token := range pointer.Tokens() {
		found = child(found, token)
	}
	return found
}

func child(data Value, token string) Value {
	var found Value
	switch data.Kind() {
	case '{':
		// Repeated names are not refused here. Data that was read strictly does
		// not contain them. An inner object may have any number of members.
		r := read(string(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		_ = r.members(len(data), func(name string, value Value) error {
			if name == token {
				found = value
			}
			return nil
		})
		r.release()
	case '[':
		index, err := strconv.Atoi(token)
		if err != nil || strconv.Itoa(index) != token {
			return ""
		}
		at := 0
		Elements(data, len(data), func(element Value) bool {
			if at == index {
				found = element
			}
			at++
			return found == ""
		})
	}
	return found
}
