package redis_test

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// proxy starts a TCP proxy in front of the server at the given address, and
// returns the address of the proxy. It calls answers to copy the server's
// output to the client.
func proxy(t *testing.T, to string, answers func(client io.Writer, server io.Reader)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() {
				_, _ = io.Copy(server, client)
				_ = server.Close()
			}()
			go func() {
				answers(client, server)
				_ = client.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

// slowly copies the server's output to the client, at 10 kB per millisecond.
func slowly(client io.Writer, server io.Reader) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, err := io.CopyN(client, server, 1); err == nil; _, err = io.CopyN(client, server, 10_000) {
		<-tick.C
	}
}

// link copies the server's output to the client. If the link is cut, it
// discards the output, but the connection stays open.
type link struct{ cut atomic.Bool }

func (l *link) pass(client io.Writer, server io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := server.Read(buffer)
		if !l.cut.Load() {
			_, _ = client.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}
