package clientcert_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
)

func TestFieldsOfARequest(t *testing.T) {
	f := clientcert.Envoy(proxies)
	pad := func(length int) string { return hash + ";By=" + strings.Repeat("a", length-len(hash)-len(";By=")) }
	for _, tt := range []struct {
		name   string
		values []string
		want   string
		wrong  error
	}{
		{"none", nil, "", nil},
		{"one", []string{hash}, leafThumbprint, nil},
		{"the longest", []string{pad(16 << 10)}, leafThumbprint, nil},
		{"one that is too long", []string{pad(16<<10 + 1)}, "", clientcert.ErrTooLong},
		{"two", []string{hash, hash}, "", clientcert.ErrTwoFields},
		{"an empty one and another", []string{"", hash}, "", clientcert.ErrTwoFields},
		{"one and an empty one", []string{hash, ""}, "", clientcert.ErrTwoFields},
		{"two empty ones", []string{"", ""}, "", clientcert.ErrTwoFields},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := forwarded(t, f.Header, tt.values...)
			if got, err := f.Thumbprint(r); got != tt.want || !errors.Is(err, tt.wrong) || err != nil && tt.wrong == nil {
				t.Errorf("got %q and %v, want %q and %v", got, err, tt.want, tt.wrong)
			}
			r.RemoteAddr = "198.51.100.1:4711"
			if tt.values == nil {
				tt.wrong = nil
			} else {
				tt.wrong = clientcert.ErrUntrusted
			}
			if got, err := f.Thumbprint(r); got != "" || !errors.Is(err, tt.wrong) || err != nil && tt.wrong == nil {
				t.Errorf("got %q and %v from another peer, want %v", got, err, tt.wrong)
			}
		})
	}
}

func TestTrustedPeers(t *testing.T) {
	for _, tt := range []struct {
		prefix, peer string
		want         bool
	}{
		{"192.0.2.0/24", "192.0.2.0:1", true},
		{"192.0.2.0/24", "192.0.2.255:65535", true},
		{"192.0.2.0/24", "192.0.3.0:1", false},
		{"192.0.2.0/24", "192.0.1.255:1", false},
		{"192.0.2.77/24", "192.0.2.1:1", true}, // host bits are ignored
		{"192.0.2.1/32", "192.0.2.1:1", true},
		{"192.0.2.1/32", "192.0.2.2:1", false},
		{"192.0.2.0/24", "[::ffff:192.0.2.1]:1", true},
		{"192.0.2.0/24", "[::ffff:192.0.3.1]:1", false},
		{"192.0.2.0/24", "[::ffff:c000:201%eth0]:1", true},
		{"::ffff:192.0.2.0/120", "192.0.2.1:1", true},
		{"::ffff:192.0.2.0/120", "[::ffff:192.0.2.1]:1", true},
		{"::ffff:192.0.2.0/120", "192.0.3.1:1", false},
		{"192.0.2.0/24", "[::c000:201]:1", false},
		{"192.0.2.0/24", "[64:ff9b::192.0.2.1]:1", false},
		{"2001:db8::/32", "[2001:db8::1]:1", true},
		{"2001:db8::/32", "[2001:db9::1]:1", false},
		{"2001:db8::/32", "192.0.2.1:1", false},
		{"::/1", "192.0.2.1:1", false},
		{"fe80::/10", "[fe80::1%eth0]:1", false},
		{"fe80::/10", "[fe80::1]:1", true},
		{"192.0.2.0/24", "", false},
		{"192.0.2.0/24", "@", false},
		{"192.0.2.0/24", "192.0.2.1", false}, // as set by chi's RealIP
		{"192.0.2.0/24", "192.0.2.1:", false},
		{"192.0.2.0/24", "192.0.2.1:http", false},
		{"192.0.2.0/24", "192.0.2.1:1, 192.0.2.2:1", false},
		{"192.0.2.0/24", " 192.0.2.1:1", false},
		{"192.0.2.0/24", "192.0.2.01:1", false},
		{"192.0.2.0/24", "proxy:1", false},
		{"2001:db8::/32", "2001:db8::1", false},
		{"2001:db8::/32", "[2001:db8::1]", false},
	} {
		t.Run(tt.prefix+" "+tt.peer, func(t *testing.T) {
			f := clientcert.Envoy([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix(tt.prefix)})
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
			r := forwarded(t, f.Header, hash)
			r.RemoteAddr = tt.peer
			want, wrong := leafThumbprint, error(nil)
			if !tt.want {
				want, wrong = "", clientcert.ErrUntrusted
			}
			if got, err := f.Thumbprint(r); got != want || !errors.Is(err, wrong) || err != nil && tt.want {
				t.Errorf("got %q and %v, want %q and %v", got, err, want, wrong)
			}
		})
	}
}

// answering returns a server that responds with the results of
// source.Thumbprint.
func answering(t *testing.T, source clientcert.Source) *http.Server {
	t.Helper()
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/replaced" {
			r.RemoteAddr = "192.0.2.1:4711"
		}
		got, err := source.Thumbprint(r)
		fmt.Fprint(w, got, " ", err)
	})}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a GET request. It returns the body and the response.
func ask(t *testing.T, c *http.Client, url string, headers ...string) (string, *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), response
}

// The peers of a Unix socket have no address. They are trusted if the name of
// the socket is in Sockets, even if a middleware replaces RemoteAddr.
func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	trusted, other := filepath.Join(dir, "trusted"), filepath.Join(dir, "other")
	f := clientcert.Envoy(proxies)
	f.Sockets = []string{trusted}
	for name, want := range map[string]string{
		trusted: leafThumbprint + " <nil>", other: " " + clientcert.ErrUntrusted.Error(),
	} {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", name)
		if err != nil {
			t.Fatal(err)
		}
		server := answering(t, f)
		go server.Serve(listener) //nolint:errcheck // until it is closed
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", name)
		}}
		t.Cleanup(transport.CloseIdleConnections)
		for _, path := range []string{"/", "/replaced"} {
			if got, _ := ask(t, &http.Client{Transport: transport}, "http://api"+path, f.Header, hash); got != want {
				t.Errorf("%s%s: got %q, want %q", filepath.Base(name), path, got, want)
			}
		}
	}
}

// An API that trusts only sockets does not trust the peers of a TCP listener,
// even if the address of the listener is in Sockets.
func TestSocketsDoNotCoverTCP(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	f := clientcert.Envoy(nil)
	f.Sockets = []string{"/run/api", address}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	go answering(t, f).Serve(listener) //nolint:errcheck // until it is closed
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if got, _ := ask(t, client, "http://"+address, f.Header, hash); got != " "+clientcert.ErrUntrusted.Error() {
		t.Errorf("got %q, want %v", got, clientcert.ErrUntrusted)
	}
}

func TestCheck(t *testing.T) {
	prefix := netip.MustParsePrefix
	const empty = "Trusted and Sockets are empty: list the addresses of the proxies, because anyone else could forge the field"
	for _, tt := range []struct {
		name string
		f    clientcert.Forwarded
		want []string
	}{
		{"an address", clientcert.ALB([]netip.Prefix{prefix("10.0.0.1/32")}), nil},
		{"a socket", clientcert.Forwarded{Header: "!#$%&'*+-.^_`|~09azAZ", Sockets: []string{"@api"}}, nil},
		{"XFCC with everything", clientcert.Forwarded{Header: "X", Format: clientcert.XFCC, Trusted: proxies, Sockets: []string{"a"}}, nil},
		{"no header", clientcert.Nginx("", proxies), []string{`Header "": name the header field in which the proxy forwards the certificate`}},
		{"a space in the header", clientcert.Nginx("X Y", proxies), []string{`Header "X Y"`}},
		{"a colon in the header", clientcert.Nginx("X:", proxies), []string{`Header "X:"`}},
		{"a newline in the header", clientcert.Nginx("X\n", proxies), []string{`Header "X\n"`}},
		{"a character that is not ASCII", clientcert.Nginx("Ü", proxies), []string{`Header "Ü"`}},
		{"a control character", clientcert.Nginx("X\x7f", proxies), []string{`Header "X\x7f"`}},
		{"a negative format", clientcert.Forwarded{Header: "X", Format: -1, Trusted: proxies}, []string{"Format -1 is unknown"}},
		{"a format after the last", clientcert.Forwarded{Header: "X", Format: clientcert.EscapedPEM + 1, Trusted: proxies}, []string{"Format 3 is unknown"}},
		{"nobody is trusted", clientcert.Envoy(nil), []string{empty}},
		{"an empty prefix", clientcert.Envoy([]netip.Prefix{{}}), []string{`Trusted: "invalid Prefix" is not an address with a prefix length, such as 10.0.0.0/8`}},
		{"a prefix that is too long", clientcert.Envoy([]netip.Prefix{netip.PrefixFrom(netip.MustParseAddr("10.0.0.0"), 33)}), []string{`Trusted: "invalid Prefix"`}},
		{"everyone by IPv4", clientcert.Envoy([]netip.Prefix{prefix("0.0.0.0/0")}), []string{"Trusted: 0.0.0.0/0 means everyone: list only the addresses of the proxies"}},
		{"everyone by IPv6", clientcert.Envoy([]netip.Prefix{prefix("10.0.0.0/8"), prefix("::/0")}), []string{"Trusted: ::/0 means everyone"}},
		{"everyone by mapped IPv4", clientcert.Envoy([]netip.Prefix{prefix("::ffff:0.0.0.0/96")}), []string{"Trusted: 0.0.0.0/0 means everyone"}},
		{"a socket without a name", clientcert.Forwarded{Header: "X", Sockets: []string{"a", ""}}, []string{"Sockets contains an empty name: give the path of a Unix socket on which the API listens"}},
		{"a chain in RFC 9440", clientcert.Forwarded{Header: "X", Trusted: proxies, Chain: true}, []string{"Chain can be used only with the format EscapedPEM"}},
		{"a chain in XFCC", clientcert.Forwarded{Header: "X", Format: clientcert.XFCC, Trusted: proxies, Chain: true}, []string{"Chain can be used only with the format EscapedPEM"}},
		{"the zero value", clientcert.Forwarded{}, []string{`Header ""`, empty}},
		{
			"every fault at once", clientcert.Forwarded{Format: 7, Trusted: []netip.Prefix{{}, prefix("::/0")}, Sockets: []string{""}},
			[]string{`Header ""`, "Format 7", `Trusted: "invalid Prefix"`, "Trusted: ::/0", "Sockets contains"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			if err := tt.f.Check(); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
		})
	}
}
