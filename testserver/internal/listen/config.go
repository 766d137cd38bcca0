package listen

import (
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Config is the configuration of a Listener. The zero value means plain HTTP on
// a free loopback port, which other machines cannot reach.
type Config struct {
	Addr        string // host and port, "" for a free port of loopback
	AllowRemote bool   // Addr may be reachable from other machines
	InMemory    bool   // connections in memory instead of a socket
	TLS         bool
	MTLSAddr    string // like Addr, for the listener that requests client certificates; "" for a free port

	// URL is the URL that clients use, or "" for the URL of the listener. With
	// TLS, the certificate contains the host of this URL.
	URL string

	// Random returns n random bytes. The label is the purpose of the bytes: the
	// address in memory, or the serial number of a certificate. Each call of
	// Key returns a new ECDSA key for a certificate. If one of these functions
	// is nil, crypto/rand replaces it.
	Random func(label string, n int) []byte
	Key    func() (crypto.Signer, error)
}

// Check returns all errors in the configuration. Each error names the option
// that set the wrong value.
func (c Config) Check() error {
	var scheme error
	switch https := strings.HasPrefix(c.URL, "https:"); {
	case c.InMemory && !c.TLS && https:
		scheme = errors.New("IssuerURL is https, but this server speaks plain HTTP: add TLS(). A TLS proxy cannot reach the server, because of InMemory()")
	case c.TLS && c.URL != "" && !https:
		scheme = errors.New("IssuerURL is not https, but TLS() serves only https: change the URL or remove TLS()")
	}
	var plain error
	switch {
	case c.MTLSAddr == "":
	case !c.TLS:
		plain = fmt.Errorf("MTLSAddr(%q) requires TLS(): add it, or remove MTLSAddr", c.MTLSAddr)
	case c.URL == "" && !c.InMemory && hostOf(c.MTLSAddr) != hostOf(c.Addr):
		plain = fmt.Errorf("MTLSAddr(%q) has another host than the issuer, but the metadata lists the endpoints for mutual TLS at the issuer's host: use the issuer's host, or add IssuerURL", c.MTLSAddr)
	}
	return errors.Join(scheme, plain, c.checkAddr("Addr", c.Addr), c.checkAddr("MTLSAddr", c.MTLSAddr))
}

// hostOf returns the host in addr. For "" and for localhost, it returns
// 127.0.0.1.
func hostOf(addr string) string {
	host, _, _ := net.SplitHostPort(addr)
	if addr == "" || host == localhost {
		return "127.0.0.1"
	}
	return host
}

// checkAddr returns all errors in the address that an option sets.
func (c Config) checkAddr(option, addr string) error {
	if addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	_, portErr := strconv.ParseUint(port, 10, 16)
	ip, ipErr := netip.ParseAddr(host)
	switch {
	case err != nil || portErr != nil:
		return fmt.Errorf("%s(%q): want a host and a port number, such as 127.0.0.1:8080", option, addr)
	case c.InMemory:
		return fmt.Errorf("%s(%q) requires a socket, but InMemory() does not use one: remove %[1]s or InMemory()", option, addr)
	case host == localhost, ip.Unmap().IsLoopback():
		return nil
	case host != "" && ipErr != nil:
		return fmt.Errorf("%s(%q): the address of a host name depends on the resolver: give an IP address or localhost", option, addr)
	}
	var beyond, every error
	if !c.AllowRemote {
		beyond = fmt.Errorf("%s(%q) is reachable from other machines, but no other machine should trust tokens of this server. Use a loopback address or, if the server runs in a container, add AllowRemote()", option, addr)
	}
	if c.URL == "" && (host == "" || ip.Unmap().IsUnspecified()) {
		every = fmt.Errorf("%s(%q) means all addresses, but clients need a specific address: add IssuerURL", option, addr)
	}
	return errors.Join(beyond, every)
}
