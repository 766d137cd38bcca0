package listen

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// Listener accepts connections, and makes transports for clients.
type Listener struct {
	URL       string // the URL that clients use
	CACertPEM []byte // the root certificate, nil without TLS
	MTLSPort  string // the port, at the host of URL, that requests client certificates; "" without TLS

	net, mutual net.Listener     // mutual is nil for plain HTTP
	certificate *tls.Certificate // nil for plain HTTP
	roots       *x509.CertPool
	dial        func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Open starts listening. It returns an error if [Config.Check] returns an
// error. To close the listener, call the function that [Listener.Serve]
// returns, or [Listener.Close] if Serve was not called.
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
	} else if err := l.openSocket(scheme, c); err != nil {
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
	listeners := map[string]*memoryListener{l.Host(): m}
	if scheme == "https" {
		second := newMemoryListener()
		l.mutual, l.MTLSPort = second, "8443"
		if _, port, _ := net.SplitHostPort(l.Host()); port == l.MTLSPort {
			l.MTLSPort = "9443"
		}
		listeners[l.MTLSHost()] = second
	}
	l.dial = func(_ context.Context, _, addr string) (net.Conn, error) {
		to, ok := listeners[addr]
		if !ok {
			return nil, fmt.Errorf("the client of an in-memory server reaches only %s, not %s", l.Host(), addr)
		}
		return to.dial()
	}
}

func (l *Listener) openSocket(scheme string, c Config) error {
	t, err := listenAt("Addr", c.Addr)
	if err != nil {
		return err
	}
	l.net = t
	if l.URL == "" {
		l.URL = scheme + "://" + reachedAt(c.Addr, t)
	}
	at := map[string]string{}
	if u, err := url.Parse(l.URL); err == nil && u.Scheme == scheme {
		at[l.Host()] = t.Addr().String()
	}
	if c.TLS {
		if l.mutual, err = listenAt("MTLSAddr", c.mtlsAddr()); err != nil {
			return errors.Join(err, t.Close())
		}
		_, l.MTLSPort, _ = net.SplitHostPort(l.mutual.Addr().String())
		at[l.MTLSHost()] = l.mutual.Addr().String()
	}
	var d net.Dialer
	l.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return d.DialContext(ctx, network, cmp.Or(at[addr], addr))
	}
	return nil
}

// Close stops listening. Call it only if [Listener.Serve] was not called.
func (l *Listener) Close() error {
	if l.mutual == nil {
		return l.net.Close()
	}
	return errors.Join(l.net.Close(), l.mutual.Close())
}

// MTLSHost returns the host and port at which the listener requests client
// certificates.
func (l *Listener) MTLSHost() string {
	host, _, _ := net.SplitHostPort(l.Host())
	return net.JoinHostPort(host, l.MTLSPort)
}

// Host returns the host and port of URL, or "" if URL is invalid. The default
// ports are 443 for https and 80 for http.
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

// memoryHost returns an address in 127.0.0.0/8, which random chooses. Servers
// with the same seed have the same address. It is a loopback address, so that
// clients accept plain http. No client dials it.
func memoryHost(random func(string, int) []byte) string {
	b := random("in-memory address", 3)
	return netip.AddrFrom4([4]byte{127, b[0], b[1], b[2]}).String()
}

func randomBytes(_ string, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand crashes the program instead
	return b
}
