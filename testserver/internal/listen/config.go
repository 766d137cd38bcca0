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

// Config says where to listen. The zero value is plain HTTP on a free port of
// loopback.
type Config struct {
	Addr        string // host and port, "" for a free port of loopback
	AllowRemote bool   // Addr may be where other machines can come
	InMemory    bool   // on no socket
	TLS         bool

	// URL is the one that clients use, "" for that of the listener. With TLS
	// its host is in the certificate.
	URL string

	// Random returns n bytes for what label names, the address in memory or the
	// certificate's serial number, and Key another ECDSA key of a certificate at each
	// call. Where one is nil, crypto/rand does.
	Random func(label string, n int) []byte
	Key    func() (crypto.Signer, error)
}

// Check reports all that is wrong with the configuration, by the names of the
// options that it comes from.
func (c Config) Check() error {
	var scheme error
	switch https := strings.HasPrefix(c.URL, "https:"); {
	case c.InMemory && !c.TLS && https:
		scheme = errors.New("IssuerURL is https, but in memory nothing can speak TLS in front of the server: add TLS()")
	case c.TLS && c.URL != "" && !https:
		scheme = errors.New("IssuerURL is not https, but TLS() serves nothing else: change one of the two")
	}
	return errors.Join(scheme, c.checkAddr())
}

// checkAddr compares Addr with the rest.
func (c Config) checkAddr() error {
	if c.Addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.Addr)
	_, portErr := strconv.ParseUint(port, 10, 16)
	ip, ipErr := netip.ParseAddr(host)
	switch {
	case err != nil || portErr != nil:
		return fmt.Errorf("Addr(%q): want a host and the number of a port, such as 127.0.0.1:8080", c.Addr)
	case c.InMemory:
		return fmt.Errorf("Addr(%q) asks for a socket, and InMemory() for none: leave one of them out", c.Addr)
	case host == localhost, ip.Unmap().IsLoopback():
		return nil
	case host != "" && ipErr != nil:
		return fmt.Errorf("Addr(%q): a name leads wherever a resolver says: give an IP address or localhost", c.Addr)
	}
	var beyond, every error
	if !c.AllowRemote {
		beyond = fmt.Errorf("Addr(%q) lets other machines in, where no token of this server belongs: give a loopback address, or add AllowRemote() in a container", c.Addr)
	}
	if c.URL == "" && (host == "" || ip.Unmap().IsUnspecified()) {
		every = fmt.Errorf("Addr(%q) is every address, and clients need one: add IssuerURL", c.Addr)
	}
	return errors.Join(beyond, every)
}
