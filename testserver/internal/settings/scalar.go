package settings

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// text reads a string that must not be empty. In errors, want describes the
// expected string.
func (v value) text(want string) (s string, ok bool) {
	if !v.is("a string", want) {
		return "", false
	}
	_ = json.Unmarshal(v.raw, &s)
	if s == "" {
		v.fail("is empty: give %s, or remove it", want)
		return "", false
	}
	return s, true
}

// some returns a function that reads a string and adds an error if the string
// is empty.
func some(want string) func(value) string {
	return func(v value) string {
		s, _ := v.text(want)
		return s
	}
}

// matching returns a function that reads a string. If fits returns false for
// the string, the function adds an error that quotes the string.
func matching(want string, fits func(string) bool) func(value) string {
	return func(v value) string {
		s, ok := v.text(want)
		if ok && !fits(s) {
			v.fail("got %s, want %s", quoted(s), want)
			return ""
		}
		return s
	}
}

// unquoted is like matching, but its errors do not quote the string, which may
// contain a secret.
func unquoted[T ~string](want string, fits func(string) bool) func(value) T {
	return func(v value) T {
		s, ok := v.text(want)
		if ok && !fits(s) {
			v.fail("want %s", want)
			return ""
		}
		return T(s)
	}
}

// oneOf returns a function that reads a string, which must be one of the given
// names.
func oneOf[T ~string](names []T) func(value) T {
	text := matching(choice(names), func(s string) bool { return slices.Contains(names, T(s)) })
	return func(v value) T { return T(text(v)) }
}

func choice[T ~string](names []T) string {
	return "one of " + strings.Join(catalogue.Names(names), ", ")
}

func (v value) boolean() bool {
	return v.is("a boolean", "true or false") && v.raw[0] == 't'
}

// whole returns a function that reads a whole number. The function adds an
// error if the number is less than the minimum or greater than the maximum.
func whole(least, most int, want string) func(value) int {
	return func(v value) int {
		if !v.is("a number", want) {
			return 0
		}
		n, err := strconv.Atoi(string(v.raw))
		if err != nil || n < least || n > most {
			v.fail("got %s, want %s", short(string(v.raw)), want)
			return 0
		}
		return n
	}
}

// period returns a function that reads a duration. The function adds an error
// if the duration is shorter than the minimum.
func period(least time.Duration, want string) func(value) Duration {
	return func(v value) Duration {
		s, ok := v.text(want)
		if !ok {
			return 0
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < least {
			v.fail("got %s, want %s", quoted(s), want)
			return 0
		}
		return Duration(d)
	}
}

// claims reads an object with any members.
func (v value) claims() map[string]any {
	claims := map[string]any{}
	v.members("an object of claims", func(name string, part value) { claims[name] = part.any() })
	return claims
}

// any reads a value of any type. Numbers become json.Number, so that they keep
// their original notation.
func (v value) any() any {
	switch v.raw[0] {
	case '{':
		return v.claims()
	case '[':
		all := []any{}
		v.elements("an array", func(part value) { all = append(all, part.any()) })
		return all
	case '"':
		var s string
		_ = json.Unmarshal(v.raw, &s)
		return s
	case 't', 'f':
		return v.raw[0] == 't'
	case 'n':
		return nil
	}
	return json.Number(v.raw)
}
