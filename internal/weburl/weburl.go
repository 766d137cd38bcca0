// Package weburl brings http and https URLs into the normal form of RFC 3986
// §6.2.2 and §6.2.3, without query and fragment. Two spellings of one URL have
// the same normal form. Apart from query and fragment, only spellings of one
// URL have the same normal form.
//
// This package does not decide which URLs are acceptable for a purpose, and it
// sends no requests.
package weburl

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// ErrURL is the error of [Normal].
var ErrURL = errors.New("must be an http or https URL of printable ASCII, without user information")

// Normal returns the parts of a URL in normal form. The origin consists of
// scheme, host and port: "https://api.example.com", without a default port. The
// path begins with a slash; see [Path]. The query and the fragment are ignored.
// The host must be an IP address or a name of letters, digits and "-._".
func Normal(raw string) (origin, path string, err error) {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || fetch.CheckText(raw) != nil {
		return "", "", ErrURL
	}
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	scheme = strings.ToLower(scheme)
	if scheme != "http" && scheme != "https" {
		return "", "", ErrURL
	}
	host, port, ok := splitAuthority(authority)
	if !ok {
		return "", "", ErrURL
	}
	origin = scheme + "://" + host
	if port != 0 && port != defaultPort(scheme) {
		origin += ":" + strconv.FormatUint(port, 10)
	}
	path, err = Path(path)
	return origin, path, err
}

func defaultPort(scheme string) uint64 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// splitAuthority returns the host in normal form and the port. If the authority
// has no port, port is 0.
func splitAuthority(authority string) (host string, port uint64, ok bool) {
	host = authority
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host = authority[:i]
		if digits := authority[i+1:]; digits != "" {
			var err error
			port, err = strconv.ParseUint(digits, 10, 16)
			if err != nil || port == 0 {
				return "", 0, false
			}
		}
	}
	if literal, isLiteral := strings.CutPrefix(host, "["); isLiteral {
		literal, closed := strings.CutSuffix(literal, "]")
		address, err := netip.ParseAddr(literal)
		if !closed || err != nil || !address.Is6() || address.Zone() != "" {
			return "", 0, false
		}
		return "[" + address.String() + "]", port, true
	}
	host = strings.ToLower(host)
	return host, port, host != "" && strings.Trim(host, hostCharacters) == ""
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._"

// Path returns the normal form of an escaped path. Unreserved characters are
// not escaped, other escapes use upper-case digits, and dot segments are
// removed. Characters that a path must not contain are escaped, as browsers do.
// An escaped slash stays different from a slash. "" becomes "/". Any other path
// must begin with a slash, and must not have an incomplete escape.
func Path(escaped string) (string, error) {
	if escaped == "" {
		return "/", nil
	}
	if escaped[0] != '/' {
		return "", ErrURL
	}
	if IsNormal(escaped) {
		return escaped, nil
	}
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c == '%' {
			if i+2 >= len(escaped) {
				return "", ErrURL
			}
			code, err := strconv.ParseUint(escaped[i+1:i+3], 16, 8)
			if err != nil {
				return "", ErrURL
			}
			i += 2
			if c = byte(code); unreserved[c] {
				b.WriteByte(c)
			} else {
				writeEscape(&b, c)
			}
			continue
		}
		if unreserved[c] || strings.IndexByte("/!$&'()*+,;=:@", c) >= 0 {
			b.WriteByte(c)
		} else {
			writeEscape(&b, c)
		}
	}
	return removeDots(b.String()), nil
}

func writeEscape(b *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	b.WriteByte('%')
	b.WriteByte(digits[c>>4])
	b.WriteByte(digits[c&15])
}

// IsNormal returns true only if a path is in normal form. The path must begin
// with a slash, which IsNormal does not check. IsNormal returns false for some
// paths in normal form, such as a path with a segment that begins with a dot.
func IsNormal(path string) bool {
	for i := range len(path) {
		if c := path[i]; !unreserved[c] && c != '/' || c == '/' && i+1 < len(path) && path[i+1] == '.' {
			return false
		}
	}
	return true
}

// removeDots removes dot segments (RFC 3986 §5.2.4). Empty segments stay.
func removeDots(path string) string {
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, segment := range segments {
		isDots := segment == "." || segment == ".."
		if segment == ".." && len(kept) > 0 {
			kept = kept[:len(kept)-1]
		}
		switch {
		case !isDots:
			kept = append(kept, segment)
		case i == len(segments)-1:
			kept = append(kept, "") // makes the path end in a slash
		}
	}
	return "/" + strings.Join(kept, "/")
}

// unreserved are the characters of RFC 3986 §2.3.
var unreserved = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
		set[c] = true
	}
	return set
}()
