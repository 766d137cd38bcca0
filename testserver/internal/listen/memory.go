package listen

import (
	"net"
	"sync"
)

// memoryListener accepts connections made with net.Pipe. Close also closes all
// of these connections. Otherwise, closing a TLS connection over a pipe would
// wait for the peer, which may not be reading.
type memoryListener struct {
	pending chan net.Conn
	done    chan struct{}
	once    sync.Once

	mu   sync.Mutex
	open map[*memoryConn]struct{}
}

type memoryConn struct {
	net.Conn
	listener *memoryListener
}

func newMemoryListener() *memoryListener {
	return &memoryListener{
		pending: make(chan net.Conn),
		done:    make(chan struct{}),
		open:    map[*memoryConn]struct{}{},
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.pending:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// dial returns the client's side of a connection, and Accept returns the
// server's side. dial needs no context because it does not block: the server
// accepts until the listener closes.
func (l *memoryListener) dial() (net.Conn, error) {
	near, far := net.Pipe()
	accepted := &memoryConn{Conn: far, listener: l}
	l.mu.Lock()
	l.open[accepted] = struct{}{}
	l.mu.Unlock()

	select {
	case l.pending <- accepted:
		return near, nil
	case <-l.done:
		_ = accepted.Close()
		_ = near.Close()
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.mu.Lock()
		open := l.open
		l.open = map[*memoryConn]struct{}{}
		l.mu.Unlock()
		for c := range open {
			_ = c.Conn.Close()
		}
	})
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

func (c *memoryConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.open, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "in memory" }
