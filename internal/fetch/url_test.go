package fetch_test

import (
	"errors"
	"testing"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct {
		name     string
		raw      string
		want     error // error of CheckURL
		issuer   error // error of CheckIssuer
		insecure error // error of CheckURL if http is allowed
	}{
		{"https passes", "https://as.example", nil, nil, nil},
		{"https with port and path passes", "https://as.example:8443/realms/a/", nil, nil, nil},
		{"https in capitals passes", "HTTPS://as.example", nil, nil, nil},
		{"https to an IP address passes", "https://192.0.2.1", nil, nil, nil},
		{"https to an IPv6 address passes", "https://[2001:db8::1]:8443/", nil, nil, nil},
		{"an endpoint may have a query", "https://as.example/keys?p=b2c_1", nil, fetch.ErrNotURL, nil},
		{"an endpoint may have an empty query", "https://as.example/?", nil, fetch.ErrNotURL, nil},
		{"http to localhost passes", "http://localhost:8080/a", nil, nil, nil},
		{"http to 127.0.0.1 passes", "http://127.0.0.1:8080", nil, nil, nil},
		{"http to any address of the loopback network passes", "http://127.8.9.10", nil, nil, nil},
		{"http to the IPv6 loopback address passes", "http://[::1]:8080/", nil, nil, nil},
		{"http to the mapped loopback address passes", "http://[::ffff:127.0.0.1]/", nil, nil, nil},

		{"http to a name is refused", "http://as.example", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a name that begins like a loopback address is refused", "http://127.0.0.1.example", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a name that begins like localhost is refused", "http://localhost.example", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a name that ends like localhost is refused", "http://a.localhost", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to all addresses is refused", "http://0.0.0.0", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a short address is refused", "http://127.1", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a decimal address is refused", "http://2130706433", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a hexadecimal address is refused", "http://0x7f000001", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to a private address is refused", "http://10.0.0.1", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"http to the address of cloud metadata is refused", "http://169.254.169.254/", fetch.ErrInsecure, fetch.ErrInsecure, nil},
		{"another scheme is refused", "ftp://as.example", fetch.ErrInsecure, fetch.ErrInsecure, fetch.ErrInsecure},
		{"a file on a host is refused", "file://localhost/etc/passwd", fetch.ErrInsecure, fetch.ErrInsecure, fetch.ErrInsecure},
		{"a web socket is refused", "wss://as.example", fetch.ErrInsecure, fetch.ErrInsecure, fetch.ErrInsecure},

		{"an empty text is refused", "", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"only a host is refused", "as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"only a host and port are refused", "as.example:443", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a path is refused", "/keys", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a URL without scheme is refused", "//as.example", fetch.ErrInsecure, fetch.ErrInsecure, fetch.ErrInsecure},
		{"a URL without host is refused", "https:///keys", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a URL with a port but no host is refused", "https://:443/keys", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"an opaque URL is refused", "https:as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a file is refused", "file:///etc/passwd", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a user name is refused", "https://user@as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"an empty user name is refused", "https://@as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a password is refused", "https://user:pass@as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a fragment is refused", "https://as.example/#keys", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"an empty fragment is refused", "https://as.example/#", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a space in the host is refused", "https://as example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a space before is refused", " https://as.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a line break is refused", "https://as.example/\n", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a null byte is refused", "https://as.example/\x00", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a port that is not a number is refused", "https://as.example:https", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"an open bracket is refused", "https://[::1", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
		{"a broken escape in the host is refused", "https://as%zz.example", fetch.ErrNotURL, fetch.ErrNotURL, fetch.ErrNotURL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := fetch.CheckURL(tt.raw, false); !errors.Is(err, tt.want) {
				t.Errorf("CheckURL: got %v, want %v", err, tt.want)
			}
			if err := fetch.CheckIssuer(tt.raw, false); !errors.Is(err, tt.issuer) {
				t.Errorf("CheckIssuer: got %v, want %v", err, tt.issuer)
			}
			if err := fetch.CheckURL(tt.raw, true); !errors.Is(err, tt.insecure) {
				t.Errorf("CheckURL with http allowed: got %v, want %v", err, tt.insecure)
			}
		})
	}
}
