package scopes

import (
	"iter"
	"slices"
	"strings"
)

// Set is an immutable set of scopes, in the order in which they were granted.
// The zero value is empty. Sets are safe for concurrent use.
type Set struct {
	names []string
	index map[string]struct{} // nil if an index is not faster
}

// Parse returns the set of the scopes in a string. Only SPACE separates names
// (RFC 6749 §3.3). Parse omits names with a byte that the grammar does not
// allow, such as a TAB or a quote, because such a name cannot meet a
// requirement. It also omits repetitions of a name.
func Parse(text string) Set {
	if text == "" {
		return Set{}
	}
	return Of(strings.Split(text, " ")...)
}

// Of returns the set of the given names. Like [Parse], it omits repetitions and
// names that the grammar does not allow. A name that contains a SPACE is
// therefore omitted, not split.
func Of(names ...string) Set {
	// The capacity is small even if there are many names. Otherwise a token
	// with thousands of spaces or repeated names would use memory for as long
	// as the set exists.
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

// fewNames is the largest number of names for which a linear search is as fast
// as an index.
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

// Has reports whether the set contains exactly this name.
func (s Set) Has(name string) bool {
	if s.index != nil {
		_, ok := s.index[name]
		return ok
	}
	return slices.Contains(s.names, name)
}

// Len returns the number of names.
func (s Set) Len() int { return len(s.names) }

// All iterates over the names in the order of the set.
func (s Set) All() iter.Seq[string] { return slices.Values(s.names) }

// String returns the names separated by SPACE, as in a scope claim and in the
// scope attribute of a challenge.
func (s Set) String() string { return strings.Join(s.names, " ") }

// MarshalText implements [encoding.TextMarshaler]. It returns the result of
// [Set.String], so that a set in JSON has the form of an OAuth scope string.
func (s Set) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It follows the rules of
// [Parse].
func (s *Set) UnmarshalText(text []byte) error {
	*s = Parse(string(text))
	return nil
}
