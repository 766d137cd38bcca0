package weburl_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/weburl"
)

// FuzzURL compares Normal with another implementation of RFC 3986: two URLs
// must have the same normal form if and only if they identify the same
// resource. Normalizing a normal form must not change it, and all spellings of
// a URL must have the same normal form. Normal must accept every http URL that
// the grammar permits, except URLs with certain kinds of host.
func FuzzURL(f *testing.F) {
	for i, tt := range same {
		f.Add(tt.raw, same[(i+1)%len(same)].raw, uint64(i)*0x9e3779b97f4a7c15)
	}
	for _, tt := range refused {
		f.Add(tt.raw, "https://a.example/x", uint64(1))
	}
	f.Add("https://a.example/a%2Fb", "https://a.example/a/b", uint64(0))
	f.Add("https://a.example/a/", "https://a.example/a", uint64(0))
	f.Fuzz(func(t *testing.T, one, two string, changes uint64) {
		first, second := normal(one), normal(two)
		if first != "" && second != "" && (first == second) != (resource(one) == resource(two)) {
			t.Errorf("%q and %q: got the normal forms %q and %q", one, two, first, second)
		}
		if first == "" {
			if permitted(one) {
				t.Errorf("%q was refused, want the resource %q", one, resource(one))
			}
			return
		}
		if want := resource(one); first != want {
			t.Errorf("%q: got %q, want %q", one, first, want)
		}
		if again := normal(first); again != first {
			t.Errorf("%q: the normal form %q became %q", one, first, again)
		}
		if other := respelled(first, changes); normal(other) != first {
			t.Errorf("%q: got %q, want that of %q, which is %q", other, normal(other), one, first)
		}
		_, path, _ := weburl.Normal(first)
		if whole, err := weburl.Path(path); whole != path || err != nil {
			t.Errorf("the path %q became %q and %v", path, whole, err)
		}
	})
}

// normal returns the normal form of a URL, or "" if Normal refuses the URL.
func normal(raw string) string {
	origin, path, err := weburl.Normal(raw)
	if err != nil {
		return ""
	}
	return origin + path
}

// parts is the regular expression of RFC 3986, appendix B.
var parts = regexp.MustCompile(`(?s)^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?`)

// permitted reports whether raw is an http or https URL without a user or
// fragment. The host is an IP address or a name. RFC 3986, appendix A, permits
// the path.
func permitted(raw string) bool {
	grammar := regexp.MustCompile(`^[Hh][Tt][Tt][Pp][Ss]?://([A-Za-z0-9._-]+|\[([0-9A-Fa-f:.]+)\])(:([0-9]{0,5}))?(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(\?[!-~]*)?$`)
	found := grammar.FindStringSubmatch(raw)
	if found == nil || strings.Contains(raw, "#") {
		return false
	}
	if found[2] != "" {
		if address, err := netip.ParseAddr(found[2]); err != nil || !address.Is6() {
			return false
		}
	}
	port, err := strconv.Atoi(found[4])
	return found[4] == "" || err == nil && port > 0 && port < 1<<16
}

// resource returns the normal form of a URL according to RFC 3986 §6.2.2 and
// §6.2.3.
func resource(raw string) string {
	found := parts.FindStringSubmatch(raw)
	scheme, authority, path := strings.ToLower(found[2]), strings.ToLower(found[4]), found[5]
	port := ""
	if i := strings.LastIndex(authority, ":"); i >= 0 && !strings.Contains(authority[i:], "]") {
		authority, port = authority[:i], strings.TrimLeft(authority[i+1:], "0")
	}
	if address, err := netip.ParseAddr(strings.Trim(authority, "[]")); err == nil && address.Is6() {
		authority = "[" + address.String() + "]"
	}
	if port != "" && !slices.Contains([]string{"http:80", "https:443"}, scheme+":"+port) {
		authority += ":" + port
	}
	path = regexp.MustCompile(`(?s)%..|.`).ReplaceAllStringFunc(path, func(c string) string {
		code := int64(c[0])
		if len(c) == 3 {
			code, _ = strconv.ParseInt(c[1:], 16, 16)
		}
		switch plain := string(rune(code)); {
		case regexp.MustCompile(`^[A-Za-z0-9._~-]$`).MatchString(plain), len(c) == 1 && strings.Contains("/!$&'()*+,;=:@", plain):
			return plain
		}
		return fmt.Sprintf("%%%02X", code)
	})
	if path == "" {
		path = "/"
	}
	return scheme + "://" + authority + withoutDots(path)
}

// withoutDots does steps 2B, 2C and 2E of RFC 3986 §5.2.4.
func withoutDots(in string) string {
	out := ""
	for in != "" {
		switch {
		case strings.HasPrefix(in, "/./"):
			in = in[2:]
		case in == "/.":
			in = "/"
		case strings.HasPrefix(in, "/../"), in == "/..":
			in = "/" + strings.TrimPrefix(in[3:], "/")
			out = out[:max(strings.LastIndex(out, "/"), 0)]
		default:
			end := strings.Index(in[1:], "/") + 1
			if end == 0 {
				end = len(in)
			}
			out, in = out+in[:end], in[end:]
		}
	}
	return out
}

// respelled returns another spelling of a URL in normal form. The bits of
// changes determine which parts it writes differently.
func respelled(url string, changes uint64) string {
	next := func() bool {
		changes = changes>>1 | changes<<63
		return changes&1 == 1
	}
	scheme, rest, _ := strings.Cut(url, "://")
	end := strings.Index(rest, "/")
	host, path := rest[:end], rest[end:]
	if next() {
		scheme, host = strings.ToUpper(scheme), strings.ToUpper(host)
	}
	if bare := !strings.Contains(host[strings.LastIndex(host, "]")+1:], ":"); bare && next() {
		host += map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(scheme)]
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '%' && next():
			b.WriteString(strings.ToLower(path[i : i+3]))
			i += 2
		case c == '/' && next():
			b.WriteString("/./")
			if next() {
				b.WriteString("x/%2e./")
			}
		case regexp.MustCompile(`[A-Za-z0-9._~-]`).MatchString(string(rune(c))) && !escaped(path, i) && next():
			fmt.Fprintf(&b, "%%%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	if next() {
		b.WriteString("?q=/..#f")
	}
	return scheme + "://" + host + b.String()
}

// escaped reports whether the character at i is a hex digit of an escape.
func escaped(path string, i int) bool {
	return i > 0 && path[i-1] == '%' || i > 1 && path[i-2] == '%'
}
