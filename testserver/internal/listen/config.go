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
// a free port of loopback.
type Config struct {
	Addr        string // host and port, "" for a free port of loopback
	AllowRemote bool   // Addr may be reachable from other machines
	InMemory    bool   // connections in memory instead of a socket
	TLS         bool

	// URL is the URL that clients use, or "" for the URL of the listener. With
	// TLS, the certificate contains the host of this URL.
	URL string

	// Random returns n random bytes. label says what the bytes are for: the
	// address in memory or the serial number of a certificate. Key returns a
	// new ECDSA key for a certificate at each call. If Random or Key is nil,
	// crypto/rand is used instead.
	Random func(label string, n int) []byte
	Key    func() (crypto.Signer, error)
}

// Check returns all errors in the configuration. Each error names the option
// that set the wrong value.
func (c Config) Check() error {
	var scheme error
	switch https := strings.HasPrefix(c.URL, "https:"); {
	case c.InMemory && !c.TLS && https:
		scheme = errors.New("IssuerURL is https, but a server in memory cannot be behind a TLS proxy: add TLS()")
	case c.TLS && c.URL != "" && !https:
		scheme = errors.New("IssuerURL is not https, but TLS() serves only https: change the URL or remove TLS()")
	}
	return errors.Join(scheme, c.checkAddr())
}

// checkAddr returns all errors in Addr.
func (c Config) checkAddr() error {
	if c.Addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.Addr)
	_, portErr := strconv.ParseUint(port, 10, 16)
	ip, ipErr := netip.ParseAddr(host)
	switch {
	case err != nil || portErr != nil:
		return fmt.Errorf("Addr(%q): want a host and a port number, such as 127.0.0.1:8080", c.Addr)
	case c.InMemory:
		return fmt.Errorf("Addr(%q) requires a socket, but InMemory() does not use one: remove Addr or InMemory()", c.Addr)
	case host == localhost, ip.Unmap().IsLoopback():
		return nil
	case host != "" && ipErr != nil:
		return fmt.Errorf("Addr(%q): the address of a host name depends on the resolver: give an IP address or localhost", c.Addr)
	}
	var beyond, every error
	if !c.AllowRemote {
		beyond = fmt.Errorf("Addr(%q) is reachable from other machines, but no other machine should trust tokens of this server. Use a loopback address or, if the server runs in a container, add AllowRemote()", c.Addr)
	}
	if c.URL == "" && (host == "" || ip.Unmap().IsUnspecified()) {
		every = fmt.Errorf("Addr(%q) means all addresses, but clients need a specific address: add IssuerURL", c.Addr)
	}
	return errors.Join(beyond, every)
}
