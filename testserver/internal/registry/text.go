package registry

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckScope returns an error unless scope is exactly one scope-token (RFC 6749
// §3.3).
func CheckScope(scope string) error {
	isForbidden := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }
	if names := strings.Fields(scope); len(names) > 1 {
		for i, name := range names {
			names[i] = strconv.Quote(name)
		}
		return fmt.Errorf("%q is not a scope (RFC 6749 §3.3): pass each scope separately: %s", scope, strings.Join(names, ", "))
	}
	if scope == "" || strings.ContainsFunc(scope, isForbidden) {
		return fmt.Errorf("%q is not a scope (RFC 6749 §3.3): use visible ASCII without spaces, double quotes or backslashes", scope)
	}
	return nil
}

// IsErrorCode reports whether s can be an OAuth error code (RFC 6749 §4.1.2.1,
// §5.2).
func IsErrorCode(s string) bool { return s != "" && IsVisible(s) && !strings.ContainsAny(s, `"\`) }

// IsVisible reports whether s is empty or contains only printable ASCII
// characters, including the space (*VSCHAR in RFC 6749 §A).
func IsVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// IsTarget reports whether name is valid as a value of the parameter resource
// or audience. A valid name is not empty, is printable and contains no spaces.
// Spaces are excluded, because they separate the names in the parameter
// audience.
func IsTarget(name string) bool {
	unfit := func(r rune) bool { return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) }
	return name != "" && !strings.ContainsFunc(name, unfit)
}
