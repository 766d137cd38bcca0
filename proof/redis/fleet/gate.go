package main

import (
	"io"
	"net"
	"sync"
)

// gate is a TCP proxy in front of Redis that can be shut, as a partition of the
// network does: nothing passes, and connections stay open. What was sent in
// the meantime arrives when the gate opens, as TCP sends it again.
type gate struct {
	listener net.Listener
	target   string
	shut     sync.RWMutex // locked while the gate is shut
}

// newGate returns an open gate, which runs until its listener is closed.
func newGate(target string) (*gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{listener: l, target: target}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.serve(conn)
		}
	}()
	return g, nil
}

func (g *gate) serve(client net.Conn) {
	g.shut.RLock()
	server, err := net.Dial("tcp", g.target) //nolint:noctx // loopback, which does not wait
	g.shut.RUnlock()
	if err != nil {
		_ = client.Close()
		return
	}
	go g.pass(server, client)
	g.pass(client, server)
}

// pass copies what from sends to to, until one of them closes the connection.
func (g *gate) pass(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	var err error
	for err == nil {
		var n int
		n, err = from.Read(buffer)
		g.shut.RLock()
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = io.ErrClosedPipe
			}
		}
		if err != nil {
			_ = to.Close()
			_ = from.Close()
		}
		g.shut.RUnlock()
	}
}
