package jwks_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// guard contains a net.Dialer that refuses private addresses after name
// resolution. A cautious program gives its HTTP client a dialer like this one.
// In some tests, 127.0.0.1 represents a public address.
type guard struct {
	dialer net.Dialer

	mu      sync.Mutex
	public  bool     // whether 127.0.0.1 represents a public address
	refused []string // addresses that were refused
}

var errPrivate = errors.New("CANARY: an address that is not public")

func newGuard(public bool) *guard {
	g := &guard{public: public}
	g.dialer.Control = func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.public && to.Addr() == netip.MustParseAddr("127.0.0.1") {
			return nil
		}
		if to.Addr().IsLoopback() || to.Addr().IsPrivate() || to.Addr().IsLinkLocalUnicast() || to.Addr().IsUnspecified() {
			g.refused = append(g.refused, to.Addr().String())
			return errPrivate
		}
		return errors.New("this test connects to the network")
	}
	return g
}

func (g *guard) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: g.dialer.DialContext}}
}

// names makes the dialer of g send every DNS query to a test server. This
// server calls resolve and answers with the address that resolve returns.
func (g *guard) names(resolve func(name string) netip.Addr) {
	g.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerNames(ours, resolve)
		return theirs, nil
	}}
}

// answerNames is a DNS server on one connection. It uses the format of DNS over
// TCP, because net.Resolver uses that format when its connection is a pipe.
func answerNames(conn net.Conn, resolve func(name string) netip.Addr) {
	defer conn.Close()
	for {
		query := make([]byte, 2)
		if _, err := conn.Read(query); err != nil {
			return
		}
		query = make([]byte, int(query[0])<<8|int(query[1]))
		var m dnsmessage.Message
		if _, err := conn.Read(query); err != nil || m.Unpack(query) != nil {
			return
		}
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		if to := resolve(m.Questions[0].Name.String()); !to.IsValid() {
			m.RCode = dnsmessage.RCodeNameError
		} else if m.Questions[0].Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: to.As4()},
			}}
		}
		text, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append([]byte{byte(len(text) >> 8), byte(len(text))}, text...)); err != nil {
			return
		}
	}
}

// unusedListener is a listener to which nothing may connect.
type unusedListener struct{ net.Listener }

func newUnusedListener(t *testing.T) unusedListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return unusedListener{l}
}

func (l unusedListener) url(scheme string) string {
	return scheme + "://" + l.Addr().String() + "/CANARY"
}

// checkNoConnection checks that nothing has connected to the listener yet. To
// do this it makes a connection, which must be the first that the listener
// accepts.
func (l unusedListener) checkNoConnection(t *testing.T) {
	t.Helper()
	var d net.Dialer
	ours, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if got, want := first.RemoteAddr().String(), ours.LocalAddr().String(); got != want {
		t.Error("got a connection, want none")
	}
}

// checkGuarded checks that a fetch fails because the guard refuses to connect
// to the address.
func checkGuarded(t *testing.T, g *guard, r *jwks.Remote, address string) {
	t.Helper()
	assertKeyError(t, r, "a", jwks.ErrUnavailable)
	if got := r.Stats().Failures; !maps.Equal(got, map[string]int{"connection": 1}) {
		t.Errorf("got failures %v, want the connection refused", got)
	}
	if len(g.refused) == 0 || g.refused[len(g.refused)-1] != address {
		t.Errorf("the guard refused %q, want %s last", g.refused, address)
	}
}

func TestK09DialerCanRefusePrivateAddresses(t *testing.T) {
	remoteOf := func(t *testing.T, g *guard, url string) *jwks.Remote {
		t.Helper()
		r, err := jwks.NewRemote(url, jwks.Options{Client: g.client(), Logger: discardLogger, InsecureHTTP: true, MinInterval: 1})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for address, url := range map[string]string{
		"10.0.0.1": "http://10.0.0.1/keys", "192.168.1.1": "https://192.168.1.1/keys", "169.254.169.254": "http://169.254.169.254/latest/",
		"fd00::1": "http://[fd00::1]/keys", "fe80::1": "http://[fe80::1]/keys", "::1": "http://[::1]:1/keys", "0.0.0.0": "http://0.0.0.0:1/keys",
	} {
		t.Run("K09/"+address, func(t *testing.T) {
			g := newGuard(false)
			checkGuarded(t, g, remoteOf(t, g, url), address)
		})
	}
	t.Run("K09/there is no connection", func(t *testing.T) {
		inside, g := newUnusedListener(t), newGuard(false)
		checkGuarded(t, g, remoteOf(t, g, inside.url("http")), "127.0.0.1")
		inside.checkNoConnection(t)
	})
	t.Run("K09/a name that resolves to a private address", func(t *testing.T) {
		inside, g := newUnusedListener(t), newGuard(false)
		g.names(func(string) netip.Addr { return netip.MustParseAddr("127.0.0.1") })
		checkGuarded(t, g, remoteOf(t, g, strings.Replace(inside.url("https"), "127.0.0.1", "keys.example.com", 1)), "127.0.0.1")
		inside.checkNoConnection(t)
	})
	t.Run("K09/a name that resolves to a private address the second time", func(t *testing.T) {
		as, g := testserver.New(t, testserver.AllowRemote()), newGuard(true) // the server accepts any host name
		to := netip.MustParseAddr("127.0.0.1")
		g.names(func(string) netip.Addr { return to })
		client := g.client()
		r, err := jwks.NewRemote(strings.Replace(as.Endpoint(testserver.EndpointJWKS), "127.0.0.1", "keys.example.com", 1),
			jwks.Options{Client: client, Logger: discardLogger, InsecureHTTP: true, MinInterval: 1})
		if err != nil {
			t.Fatal(err)
		}
		old := as.SigningKey().ID
		assertKey(t, r, old)
		client.CloseIdleConnections()
		to = netip.MustParseAddr("127.0.0.2")
		checkGuarded(t, g, r, "127.0.0.2")
		assertKey(t, r, old)
		if got := as.Count(testserver.EndpointJWKS); got != 1 {
			t.Errorf("got %d requests, want only the first", got)
		}
	})
	t.Run("K09/metadata that names an internal address", func(t *testing.T) {
		inside := testserver.New(t)
		as := testserver.New(t, testserver.Metadata(func(m map[string]any) {
			m["jwks_uri"] = strings.Replace(inside.Endpoint(testserver.EndpointJWKS), "127.0.0.1", "127.0.0.2", 1)
		}))
		g := newGuard(true)
		r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: g.client(), Logger: discardLogger})
		if err != nil {
			t.Fatal(err)
		}
		checkGuarded(t, g, r, "127.0.0.2")
		if got := as.Count(testserver.EndpointDiscovery); got != 1 {
			t.Errorf("got %d requests for metadata, want 1", got)
		}
	})
	t.Run("K02/an unknown name", func(t *testing.T) {
		g := newGuard(true)
		g.names(func(string) netip.Addr { return netip.Addr{} })
		r := remoteOf(t, g, "https://keys.example.com/CANARY")
		assertKeyError(t, r, "a", jwks.ErrUnavailable)
		if got := r.Stats().Failures; !maps.Equal(got, map[string]int{"name_resolution": 1}) {
			t.Errorf("got failures %v, want name_resolution", got)
		}
	})
	t.Run("K02/a closed port", func(t *testing.T) {
		as := testserver.New(t)
		_ = as.Close()
		g := newGuard(true)
		assertKeyError(t, remoteOf(t, g, as.Endpoint(testserver.EndpointJWKS)), "a", jwks.ErrUnavailable)
	})
}
