package program

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

var addresses atomic.Uint32

// Address returns a host:port of loopback for a program to listen on. The IP address follows from the process ID, so that on
// Linux another test process hardly ever gets the same one. Elsewhere it is 127.0.0.1, whose port may be taken before the program
// listens.
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
