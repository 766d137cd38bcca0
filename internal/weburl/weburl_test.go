package weburl_test

import (
	"errors"
	"testing"

	"github.com/bearerguard/bearerguard/internal/weburl"
)

// Each of these URLs is given with its normal form.
var same = []struct{ name, raw, origin, path string }{
	{"a URL in normal form stays as it is", "https://api.example.com/orders", "https://api.example.com", "/orders"},
	{"all of it at once", "HTTPS://EXAMPLE.com:443/%7euser/a/../b", "https://example.com", "/~user/b"},

	{"scheme and host in capitals", "HTTP://API.Example.COM/Orders", "http://api.example.com", "/Orders"},
	{"the default port of https", "https://a.example:443/x", "https://a.example", "/x"},
	{"the default port of http", "http://a.example:80/x", "http://a.example", "/x"},
	{"an empty port", "https://a.example:/x", "https://a.example", "/x"},
	{"zeros before the port", "https://a.example:00443/x", "https://a.example", "/x"},
	{"the port of the other scheme", "https://a.example:80/x", "https://a.example:80", "/x"},
	{"the port of http under https", "http://a.example:443/x", "http://a.example:443", "/x"},
	{"the highest port", "https://a.example:65535/x", "https://a.example:65535", "/x"},
	{"a dot after the name is another name", "https://a.example./x", "https://a.example.", "/x"},
	{"an underscore in the name", "http://my_api:8080/", "http://my_api:8080", "/"},
	{"a name in Punycode", "https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example", "/"},
	{"an IPv4 address", "http://127.0.0.1:8080/x", "http://127.0.0.1:8080", "/x"},
	{"an IPv6 address in capitals", "http://[2001:DB8::1]:80/x", "http://[2001:db8::1]", "/x"},
	{"an IPv6 address with zeros", "http://[2001:db8:0:0:0:0:0:0001]/x", "http://[2001:db8::1]", "/x"},
	{"an IPv6 address with a port", "http://[::1]:8080/x", "http://[::1]:8080", "/x"},

	{"an empty path", "https://a.example", "https://a.example", "/"},
	{"an empty path before a query", "https://a.example?q", "https://a.example", "/"},
	{"an empty path before a fragment", "https://a.example#f", "https://a.example", "/"},
	{"a query", "https://a.example/x?q=/../y", "https://a.example", "/x"},
	{"a fragment", "https://a.example/x#f?g", "https://a.example", "/x"},
	{"a query with text that no path may contain", "https://a.example/x?%zz\x00é", "https://a.example", "/x"},
	{"a slash at the end stays", "https://a.example/x/", "https://a.example", "/x/"},
	{"two slashes stay", "https://a.example//x", "https://a.example", "//x"},
	{"two slashes at the end stay", "https://a.example/x//", "https://a.example", "/x//"},
	{"an escaped slash stays", "https://a.example/a%2fb", "https://a.example", "/a%2Fb"},
	{"an escaped percent sign stays", "https://a.example/a%252Fb", "https://a.example", "/a%252Fb"},
	{"an escaped question mark stays", "https://a.example/a%3Fb", "https://a.example", "/a%3Fb"},
	{"an escaped reserved character stays", "https://a.example/a%3bb;c", "https://a.example", "/a%3Bb;c"},
	{"escapes of unreserved characters", "https://a.example/%41%7A%30%2d%2E%5f%7ex", "https://a.example", "/Az0-._~x"},
	{"an escaped null byte stays", "https://a.example/a%00", "https://a.example", "/a%00"},
	{"characters that need escapes", `https://a.example/a"<>[\]^{|}` + "`", "https://a.example", "/a%22%3C%3E%5B%5C%5D%5E%7B%7C%7D%60"},
	{"characters that need none", "https://a.example/!$&'()*+,;=:@-._~", "https://a.example", "/!$&'()*+,;=:@-._~"},
	{"the example of RFC 3986 §5.2.4", "https://a.example/a/b/c/./../../g", "https://a.example", "/a/g"},
	{"a dot segment at the end", "https://a.example/a/.", "https://a.example", "/a/"},
	{"two dots at the end", "https://a.example/a/b/..", "https://a.example", "/a/"},
	{"dots above the root", "https://a.example/../../a", "https://a.example", "/a"},
	{"escaped dots", "https://a.example/a/%2e%2E/b", "https://a.example", "/b"},
	{"half-escaped dots", "https://a.example/a/.%2e/b", "https://a.example", "/b"},
	{"dots beside an escaped slash are not a dot segment", "https://a.example/a/..%2fb", "https://a.example", "/a/..%2Fb"},
	{"dots after two slashes", "https://a.example/a//../b", "https://a.example", "/a/b"},
	{"names with dots", "https://a.example/.a/..b/.../c.", "https://a.example", "/.a/..b/.../c."},
	{"a URL in the path", "https://a.example/proxy/https://b.example/", "https://a.example", "/proxy/https://b.example/"},
}

func TestNormal(t *testing.T) {
	for _, tt := range same {
		t.Run(tt.name, func(t *testing.T) {
			origin, path, err := weburl.Normal(tt.raw)
			if origin != tt.origin || path != tt.path || err != nil {
				t.Errorf("got %q, %q and %v, want %q and %q", origin, path, err, tt.origin, tt.path)
			}
			if origin, path, err = weburl.Normal(tt.origin + tt.path); origin != tt.origin || path != tt.path || err != nil {
				t.Errorf("the normal form became %q, %q and %v", origin, path, err)
			}
		})
	}
}

// refused lists texts that Normal refuses.
var refused = []struct{ name, raw string }{
	{"nothing", ""},
	{"a path", "/orders"},
	{"a host", "a.example/x"},
	{"a URL without a scheme", "//a.example/x"},
	{"an empty scheme", "://a.example/x"},
	{"one slash", "https:/a.example/x"},
	{"no slashes", "https:a.example"},
	{"another scheme", "ftp://a.example/x"},
	{"a scheme with an s too many", "httpss://a.example/x"},
	{"a scheme that folds to http", "http\u017f://a.example/x"},
	{"space before the scheme", " https://a.example/x"},
	{"a scheme inside the query", "a?https://a.example/x"},
	{"no host", "https:///x"},
	{"only a port", "https://:443/x"},
	{"user information", "https://user@a.example/x"},
	{"a user and a password", "https://user:secret@a.example/x"},
	{"empty user information", "https://@a.example/x"},
	{"another host as user information", "https://a.example@b.example/x"},
	{"another host after a backslash", `https://a.example\@b.example/x`},
	{"a name in Unicode", "https://bücher.example/x"},
	{"an escape in the host", "https://a%2eexample/x"},
	{"a space in the host", "https://a example/x"},
	{"a comma in the host", "https://a.example,b.example/x"},
	{"port 0", "https://a.example:0/x"},
	{"a port that is too high", "https://a.example:65536/x"},
	{"a port that overflows", "https://a.example:18446744073709552059/x"},
	{"a port with a sign", "https://a.example:+443/x"},
	{"a negative port", "https://a.example:-1/x"},
	{"a port with a letter", "https://a.example:4a/x"},
	{"a port with an underscore", "https://a.example:4_4/x"},
	{"two ports", "https://a.example:443:443/x"},
	{"an IPv6 address without brackets", "http://::1/x"},
	{"an IPv6 address that is not closed", "http://[::1/x"},
	{"an IPv6 address that is not closed before a port", "http://[::1:80/x"},
	{"an IPv6 address that is not opened", "http://::1]/x"},
	{"an IPv6 address with a zone", "http://[fe80::1%25eth0]/x"},
	{"an IPv6 address with a raw zone", "http://[fe80::1%eth0]/x"},
	{"an IPv4 address in brackets", "http://[127.0.0.1]/x"},
	{"a name in brackets", "http://[a.example]/x"},
	{"an IPv6 address with text after it", "http://[::1]a/x"},
	{"an address of a future version", "http://[v1.a]/x"},
	{"an incomplete escape", "https://a.example/a%2"},
	{"a percent sign at the end", "https://a.example/a%"},
	{"an escape with a wrong digit", "https://a.example/a%2g"},
	{"an escape with a sign", "https://a.example/a%+1"},
	{"a control character", "https://a.example/a\x00"},
	{"a line break", "https://a.example/a\nb"},
	{"Unicode in the path", "https://a.example/é"},
}

func TestNormalRefuses(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			if origin, path, err := weburl.Normal(tt.raw); !errors.Is(err, weburl.ErrURL) {
				t.Errorf("got %q, %q and %v, want %v", origin, path, err, weburl.ErrURL)
			}
		})
	}
}

func TestPath(t *testing.T) {
	for _, tt := range []struct{ name, escaped, want string }{
		{"an empty path is the root", "", "/"},
		{"the root", "/", "/"},
		{"a path in normal form", "/v1/orders", "/v1/orders"},
		{"a path with dots", "/v1/../orders", "/orders"},
		{"a question mark is a character of the path", "/a?b", "/a%3Fb"},
		{"a number sign is a character of the path", "/a#b", "/a%23b"},
		{"bytes that are not ASCII", "/\xc3\xa9", "/%C3%A9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := weburl.Path(tt.escaped); got != tt.want || err != nil {
				t.Errorf("got %q and %v, want %q", got, err, tt.want)
			}
		})
	}
	for _, escaped := range []string{"*", "orders", "../orders", " /", "%2Forders", "/a%", "/a%2", "/%g0"} {
		if got, err := weburl.Path(escaped); !errors.Is(err, weburl.ErrURL) {
			t.Errorf("%q: got %q and %v, want %v", escaped, got, err, weburl.ErrURL)
		}
	}
}

func TestIsNormal(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/v1/orders": true, "/a//b/": true, "/~user/A-Z_0.txt": true, "/a.": true,
		"/.": false, "/..": false, "/a/./b": false, "/a/../b": false, "/.well-known": false,
		"/a%2Fb": false, "/%41": false, "/a b": false, "/a:b": false, "/a?b": false, "/\xff": false,
	} {
		if got := weburl.IsNormal(path); got != want {
			t.Errorf("%q: got %t, want %t", path, got, want)
		}
	}
}
