package main

import (
	"io"
	"net"
	"sync"
)

// link is a TCP proxy in front of Redis. It can simulate a network partition:
// no data passes, but connections stay open. Data that is sent during the
// partition arrives afterwards, as if TCP had retransmitted it.
type link struct {
	listener net.Listener
	target   string
	cut      sync.RWMutex // locked during a partition
}

// newLink returns a link, which runs until its listener is closed.
func newLink(target string) (*link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &link{listener: l, target: target}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go k.serve(conn)
		}
	}()
	return k, nil
}

func (k *link) serve(client net.Conn) {
	k.cut.RLock()
	server, err := net.Dial("tcp", k.target) //nolint:noctx // loopback, which does not wait
	k.cut.RUnlock()
	if err != nil {
		_ = client.Close()
		return
	}
	go k.pass(server, client)
	k.pass(client, server)
}

// pass copies data in one direction, until either side closes its connection.
func (k *link) pass(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	var err error
	for err == nil {
		var n int
		n, err = from.Read(buffer)
		k.cut.RLock()
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = io.ErrClosedPipe
			}
		}
		if err != nil {
			_ = to.Close()
			_ = from.Close()
		}
		k.cut.RUnlock()
	}
}
