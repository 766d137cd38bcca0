package listen_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

func TestTheClientReachesTheListener(t *testing.T) {
	for name, c := range map[string]listen.Config{
		"on a socket":                   {},
		"on a socket with TLS":          {TLS: true},
		"in memory":                     {InMemory: true},
		"in memory with TLS":            {InMemory: true, TLS: true},
		"under another name":            {URL: "http://as.example/tenant"},
		"under another name and a port": {URL: "http://as.example:8080"},
		"under another name with TLS":   {URL: "https://as.example", TLS: true},
		"under another name in memory":  {URL: "https://as.example:8443", TLS: true, InMemory: true},
		"at another address":            {Addr: "127.0.0.2:0"},
		"at localhost":                  {Addr: "localhost:0", TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			l, client, _ := serving(t, c, host)
			if c.URL != "" && l.URL != c.URL {
				t.Errorf("got the URL %s, want %s", l.URL, c.URL)
			}
			u, err := url.Parse(l.URL)
			if err != nil {
				t.Fatal(err)
			}
			if resp, body := get(t, client, l.URL); body != u.Host || (resp.TLS != nil) != c.TLS {
				t.Errorf("got an answer to %s, TLS %t, want %s, TLS %t", body, resp.TLS != nil, u.Host, c.TLS)
			}
		})
	}
}

func TestTheURLIsThatOfTheAddress(t *testing.T) {
	for addr, want := range map[string]string{"": "127.0.0.1", "127.0.0.3:0": "127.0.0.3", "localhost:0": "localhost"} {
		l := opened(t, listen.Config{Addr: addr, TLS: true})
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "https" || u.Hostname() != want || l.Host() != u.Host {
			t.Errorf("%q: got %s at %s, want https at %s", addr, l.URL, l.Host(), want)
		}
	}
}

func TestAHostHasThePortOfItsScheme(t *testing.T) {
	for u, want := range map[string]string{
		"https://as.example/tenant": "as.example:443",
		"https://as.example:8443":   "as.example:8443",
		"https://[2001:db8::1]":     "[2001:db8::1]:443",
	} {
		if got := opened(t, listen.Config{URL: u, TLS: true, InMemory: true}).Host(); got != want {
			t.Errorf("%s: got %s, want %s", u, got, want)
		}
	}
	if got := opened(t, listen.Config{URL: "http://as.example", InMemory: true}).Host(); got != "as.example:80" {
		t.Errorf("got %s, want port 80 for http", got)
	}
}

func TestAListenerIsNotDialledForAURLOfAnotherScheme(t *testing.T) {
	front, _, _ := serving(t, listen.Config{TLS: true}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	behind := opened(t, listen.Config{URL: front.URL}) // plain HTTP behind a proxy that terminates TLS
	transport := behind.Transport()
	transport.TLSClientConfig = front.Transport().TLSClientConfig
	defer transport.CloseIdleConnections()
	if resp, _ := get(t, &http.Client{Transport: transport}, front.URL); resp.StatusCode != http.StatusTeapot {
		t.Errorf("got %s from the listener, want the answer of what stands before it", resp.Status)
	}
}

func TestListenersInMemoryHaveAddressesOfTheirOwn(t *testing.T) {
	a, client, _ := serving(t, listen.Config{InMemory: true}, host)
	b, _, _ := serving(t, listen.Config{InMemory: true}, host)
	for _, l := range []*listen.Listener{a, b} {
		u, err := url.Parse(l.URL)
		if err != nil {
			t.Fatal(err)
		}
		if ip, err := netip.ParseAddr(u.Host); err != nil || !ip.IsLoopback() {
			t.Errorf("got %s, want a loopback address without a port", u.Host)
		}
	}
	if a.URL == b.URL {
		t.Fatalf("got %s twice, want two addresses", a.URL)
	}
	if _, err := client.Get(b.URL); err == nil || !strings.Contains(err.Error(), "reaches only "+a.Host()) {
		t.Errorf("got %v, want an error that says what is reached", err)
	}
	named, err := listen.Open(listen.Config{InMemory: true, Random: func(_ string, n int) []byte { return []byte{1, 2, 3}[:n] }})
	if err != nil || named.URL != "http://127.1.2.3" {
		t.Errorf("got %v, %v, want an address of the bytes that Random gave", named, err)
	}
}

func TestAClosedListenerIsNotReached(t *testing.T) {
	for name, c := range map[string]listen.Config{"socket": {}, "memory": {InMemory: true}} {
		l := opened(t, c)
		if err := l.Close(); err != nil {
			t.Errorf("%s: got %v, want no error", name, err)
		}
		conn, err := l.Transport().DialContext(t.Context(), "tcp", l.Host())
		if err == nil {
			conn.Close()
			t.Errorf("%s: got a connection, want an error", name)
		}
	}
}

func TestOnlyHTTP1SpeaksNothingElse(t *testing.T) {
	l, client, _ := serving(t, listen.Config{TLS: true}, host)
	if resp, _ := get(t, client, l.URL); resp.ProtoMajor != 2 {
		t.Errorf("got %s, want HTTP/2", resp.Proto)
	}
	old := listen.OnlyHTTP1(l.Transport())
	defer old.CloseIdleConnections()
	if resp, _ := get(t, &http.Client{Transport: old}, l.URL); resp.ProtoMajor != 1 {
		t.Errorf("got %s, want HTTP/1.1", resp.Proto)
	}
}

func TestNoTransportUsesTheProxyOfTheEnvironment(t *testing.T) {
	l := opened(t, listen.Config{})
	for name, transport := range map[string]*http.Transport{"plain": listen.NewTransport(), "of a listener": l.Transport()} {
		if transport.Proxy != nil {
			t.Errorf("%s: got a proxy, want none", name)
		}
	}
}
