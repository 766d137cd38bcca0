package testserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// listener is where the server is reached, and how its own client gets there.
type listener struct {
	net.Listener
	issuer      string
	certificate *tls.Certificate // nil for plain HTTP
	roots       *x509.CertPool
	caPEM       []byte
	dial        func(ctx context.Context, network, addr string) (net.Conn, error)
}

func listen(c *config) (*listener, error) {
	scheme := "http"
	if c.tls {
		scheme = "https"
	}
	l := &listener{issuer: c.Issuer}

	if c.inMemory {
		m := newMemoryListener()
		l.Listener = m
		if l.issuer == "" {
			l.issuer = scheme + "://" + memoryHost(c.Source)
		}
		only := authority(l.issuer)
		l.dial = func(_ context.Context, _, addr string) (net.Conn, error) {
			if addr != only {
				return nil, fmt.Errorf("the client of an in-memory server reaches %s alone, not %s", only, addr)
			}
			return m.dial()
		}
	} else {
		t, err := listenAt(c.addr)
		if err != nil {
			return nil, err
		}
		l.Listener = t
		at := t.Addr().String()
		if l.issuer == "" {
			l.issuer = scheme + "://" + reachedAt(c.addr, t)
		}
		ours := ""
		if u, err := url.Parse(l.issuer); err == nil && u.Scheme == scheme {
			ours = authority(l.issuer)
		}
		var d net.Dialer
		l.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == ours {
				addr = at
			}
			return d.DialContext(ctx, network, addr)
		}
	}

	if c.tls {
		if err := l.certify(c.Source); err != nil {
			_ = l.Listener.Close()
			return nil, err
		}
	}
	return l, nil
}

// listenLoopback never listens beyond the machine: the keys of this server are
// worth nothing, and its tokens must not be worth anything anywhere else.
func listenLoopback() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		return l, nil
	}
	if l6, err6 := net.Listen("tcp", "[::1]:0"); err6 == nil {
		return l6, nil
	}
	return nil, fmt.Errorf("no loopback port to listen on, InMemory() needs none: %w", err)
}

// memoryHost is an address in 127.0.0.0/8: loopback, so that clients which
// refuse plain http elsewhere take it, and not that of another server. Nothing
// is ever dialled there.
func memoryHost(src *token.Source) string {
	b := src.Draw("in-memory address", 3)
	return netip.AddrFrom4([4]byte{127, b[0], b[1], b[2]}).String()
}

// authority is the host and port that a client dials for rawURL.
func authority(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// newTransport is a plain transport without the environment's proxy.
func newTransport() *http.Transport { return &http.Transport{ForceAttemptHTTP2: true} }

// onlyHTTP1 keeps t from speaking HTTP/2.
func onlyHTTP1(t *http.Transport) *http.Transport {
	t.ForceAttemptHTTP2 = false
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

func (l *listener) transport() *http.Transport {
	t := newTransport()
	t.DialContext = l.dial
	if l.roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12}
	}
	return t
}
