package program

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

var addresses atomic.Uint32

// Address returns an unused loopback host:port on which a program can listen.
// On Linux, the IP address is derived from the process ID, so that two test
// processes rarely get the same address. On a system that does not accept such
// an address, it is 127.0.0.1, and another process may use the port before the
// program listens.
func Address(tb testing.TB) string {
	tb.Helper()
	pid := os.Getpid()
	l, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", pid>>8&255, pid&255, addresses.Add(1)%253+2))
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		tb.Fatal(err)
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	return l.Addr().String()
}
