package testserver

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Addr listens on hostport instead of a free port of 127.0.0.1: on another port,
// 0 being a free one, or another loopback address, such as 127.0.0.2:0 or
// [::1]:8080. The issuer is that address, unless [IssuerURL] says otherwise.
//
// The host is an IP address or localhost, which is 127.0.0.1 whatever a resolver
// makes of it. An address beyond this machine needs [AllowRemote], and one that
// stands for all addresses, such as 0.0.0.0, IssuerURL too.
func Addr(hostport string) Option {
	return serverOption(func(c *config) {
		if hostport == "" {
			c.fail(`Addr(""): give a host and a port, or leave the option out`)
		}
		c.addr = hostport
	})
}

// AllowRemote lets [Addr] listen where other machines can come, as a server in a
// container must:
//
//	testserver.Start(ctx, testserver.Addr("0.0.0.0:8080"), testserver.AllowRemote(), testserver.IssuerURL("http://as:8080"))
//
// Whoever can reach the server gets any token of it: its default client has a
// published secret, and the debug page of [Interactive] asks nobody for one. No
// API that matters may trust it.
func AllowRemote() Option { return serverOption(func(c *config) { c.remote = true }) }

// checkAddr holds Addr against the other options, whichever came first.
func (c *config) checkAddr() {
	if c.addr == "" {
		return
	}
	host, port, err := net.SplitHostPort(c.addr)
	_, portErr := strconv.ParseUint(port, 10, 16)
	ip, ipErr := netip.ParseAddr(host)
	switch {
	case err != nil || portErr != nil:
		c.fail("Addr(%q): want a host and the number of a port, such as 127.0.0.1:8080", c.addr)
		return
	case c.inMemory:
		c.fail("Addr(%q) asks for a socket, and InMemory() for none: leave one of them out", c.addr)
		return
	case host == localhost, ip.Unmap().IsLoopback():
		return
	case host != "" && ipErr != nil:
		c.fail("Addr(%q): a name leads wherever a resolver says: give an IP address or localhost", c.addr)
		return
	}
	if !c.remote {
		c.fail("Addr(%q) lets other machines in, where no token of this server belongs: give a loopback address, or add AllowRemote() in a container", c.addr)
	}
	if c.Issuer == "" && (host == "" || ip.Unmap().IsUnspecified()) {
		c.fail("Addr(%q) is every address, and clients need one: add IssuerURL", c.addr)
	}
}

const localhost = "localhost"

// listenAt listens where checkAddr has agreed.
func listenAt(addr string) (net.Listener, error) {
	if addr == "" {
		return listenLoopback()
	}
	at := addr
	if host, port, _ := net.SplitHostPort(addr); host == localhost {
		at = net.JoinHostPort("127.0.0.1", port)
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("Addr(%q): %w", addr, err)
	}
	return l, nil
}

// reachedAt is the address of a listener as Addr wrote it.
func reachedAt(addr string, l net.Listener) string {
	at := l.Addr().String()
	if host, _, _ := net.SplitHostPort(addr); host == localhost {
		_, port, _ := net.SplitHostPort(at)
		return net.JoinHostPort(localhost, port)
	}
	return at
}
