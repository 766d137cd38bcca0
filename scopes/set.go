package scopes

import (
	"iter"
	"slices"
	"strings"
)

// Set is an immutable set of scopes in the order they were granted. The zero
// value is empty. Sets are safe for concurrent use.
type Set struct {
	names []string
	index map[string]struct{} // nil while a linear search is as fast
}

// Parse reads the text form of a scope list: names separated only by SPACE (RFC
// 6749 §3.3). A name with a byte outside the grammar, such as a TAB or a quote,
// is left out, because it cannot meet a requirement. Repeated names count once.
func Parse(text string) Set {
	if text == "" {
		return Set{}
	}
	return Of(strings.Split(text, " ")...)
}

// Of returns the set of the given names under the rules of [Parse], except
// that a name with a SPACE is malformed rather than two names.
func Of(names ...string) Set {
	// The capacity does not follow len(names): thousands of spaces or
	// repetitions in a token would otherwise use memory for as long as the set
	// exists.
	s := Set{names: make([]string, 0, min(len(names), fewNames))}
	for _, name := range names {
		if !valid(name) || s.Has(name) {
			continue
		}
		s.names = append(s.names, name)
		switch {
		case s.index != nil:
			s.index[name] = struct{}{}
		case len(s.names) > fewNames:
			s.index = make(map[string]struct{})
			for _, name := range s.names {
				s.index[name] = struct{}{}
			}
		}
	}
	return s
}

// fewNames is the number of names up to which a linear search is as fast as an
// index.
const fewNames = 16

// valid reports whether name is a scope-token: one or more of
// %x21 / %x23-5B / %x5D-7E (RFC 6749 §3.3).
func valid(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return name != ""
}

// Has reports whether the set holds exactly this name.
func (s Set) Has(name string) bool {
	if s.index != nil {
		_, ok := s.index[name]
		return ok
	}
	return slices.Contains(s.names, name)
}

// Len returns the number of names.
func (s Set) Len() int { return len(s.names) }

// All iterates over the names in their order.
func (s Set) All() iter.Seq[string] { return slices.Values(s.names) }

// String returns the names separated by SPACE, the form of a scope claim and
// of the scope attribute of a challenge.
func (s Set) String() string { return strings.Join(s.names, " ") }

// MarshalText implements [encoding.TextMarshaler] with the text of
// [Set.String], so that in JSON a set is the string that OAuth uses.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] under the rules of
// [Parse].
func (s *Set) UnmarshalText(text []byte) error {
	*s = Parse(string(text))
	return nil
}
