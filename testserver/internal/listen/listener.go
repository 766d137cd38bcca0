package listen

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// Listener accepts connections, and makes transports for clients.
type Listener struct {
	URL       string // the URL that clients use
	CACertPEM []byte // the root certificate, nil without TLS

	net         net.Listener
	certificate *tls.Certificate // nil for plain HTTP
	roots       *x509.CertPool
	dial        func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Open starts listening. It fails if [Config.Check] returns an error. Close the
// listener with the function that [Listener.Serve] returns, or with
// [Listener.Close] if Serve is not called.
func Open(c Config) (*Listener, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Random == nil {
		c.Random = randomBytes
	}
	scheme := "http"
	if c.TLS {
		scheme = "https"
	}
	l := &Listener{URL: c.URL}
	if c.InMemory {
		l.openMemory(scheme, c.Random)
	} else if err := l.openSocket(scheme, c.Addr); err != nil {
		return nil, err
	}
	if c.TLS {
		if err := l.certify(c); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	return l, nil
}

func (l *Listener) openMemory(scheme string, random func(string, int) []byte) {
	m := newMemoryListener()
	l.net = m
	if l.URL == "" {
		l.URL = scheme + "://" + memoryHost(random)
	}
	only := l.Host()
	l.dial = func(_ context.Context, _, addr string) (net.Conn, error) {
		if addr != only {
			return nil, fmt.Errorf("the client of an in-memory server reaches only %s, not %s", only, addr)
		}
		return m.dial()
	}
}

func (l *Listener) openSocket(scheme, addr string) error {
	t, err := listenAt(addr)
	if err != nil {
		return err
	}
	l.net = t
	at := t.Addr().String()
	if l.URL == "" {
		l.URL = scheme + "://" + reachedAt(addr, t)
	}
	ours := ""
	if u, err := url.Parse(l.URL); err == nil && u.Scheme == scheme {
		ours = l.Host()
	}
	var d net.Dialer
	l.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == ours {
			addr = at
		}
		return d.DialContext(ctx, network, addr)
	}
	return nil
}

// Close stops listening. Call it only if [Listener.Serve] was not called.
func (l *Listener) Close() error { return l.net.Close() }

// Host returns the host and port that a client dials for URL, or "" if URL is
// invalid.
func (l *Listener) Host() string {
	u, err := url.Parse(l.URL)
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

// memoryHost returns an address in 127.0.0.0/8, unique for each server. It is a
// loopback address, so that clients accept plain http. It is never dialed.
func memoryHost(random func(string, int) []byte) string {
	b := random("in-memory address", 3)
	return netip.AddrFrom4([4]byte{127, b[0], b[1], b[2]}).String()
}

func randomBytes(_ string, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand crashes the program instead
	return b
}
