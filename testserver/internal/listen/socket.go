package listen

import (
	"fmt"
	"net"
)

const localhost = "localhost"

// listenAt listens on addr, which Config.Check has accepted. If addr is "",
// listenAt listens on a free port of loopback. Otherwise, errors name the given
// option, which sets addr.
func listenAt(option, addr string) (net.Listener, error) {
	if addr == "" {
		return listenLoopback()
	}
	at := addr
	if host, port, _ := net.SplitHostPort(addr); host == localhost {
		at = net.JoinHostPort("127.0.0.1", port)
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("%s(%q): %w", option, addr, err)
	}
	return l, nil
}

// listenLoopback listens only on loopback, since no other machine should trust
// the tokens of a test server.
func listenLoopback() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		return l, nil
	}
	if l6, err6 := net.Listen("tcp", "[::1]:0"); err6 == nil {
		return l6, nil
	}
	return nil, fmt.Errorf("cannot listen on loopback: use InMemory(), which needs no socket: %w", err)
}

// mtlsAddr returns the address of the listener that asks for certificates.
func (c Config) mtlsAddr() string {
	if c.MTLSAddr != "" || c.Addr == "" {
		return c.MTLSAddr
	}
	host, _, _ := net.SplitHostPort(c.Addr)
	return net.JoinHostPort(host, "0")
}

// reachedAt returns the address of l for clients. If addr has the host
// localhost, the returned address also has the host localhost.
func reachedAt(addr string, l net.Listener) string {
	at := l.Addr().String()
	if host, _, _ := net.SplitHostPort(addr); host == localhost {
		_, port, _ := net.SplitHostPort(at)
		return net.JoinHostPort(localhost, port)
	}
	return at
}
