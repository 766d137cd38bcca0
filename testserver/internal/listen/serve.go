package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// waitLimit is how long the stop function of Serve waits for handlers that do
// not return after their context was canceled.
const waitLimit = 5 * time.Second

// Serve serves h until the returned function stop is called. This function
// closes all connections, cancels the contexts of all requests, closes the idle
// connections of client, and waits for the handlers. It returns an error if a
// handler is still running after five seconds.
func (l *Listener) Serve(h http.Handler, client *http.Transport) (stop func() error) {
	var live tally
	base, end := context.WithCancel(context.Background())
	srv := &http.Server{ //nolint:gosec // tests may have slow clients
		BaseContext: func(net.Listener) context.Context { return base },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			live.add(1) // an HTTP/2 handler can outlive its connection
			defer live.add(-1)
			h.ServeHTTP(w, r)
		}),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				live.add(1)
			case http.StateClosed, http.StateHijacked:
				live.add(-1)
			}
		},
		// The log is discarded, because its messages could contain tokens. They
		// could also report failed handshakes, which are not errors of the
		// server: some tests use clients that do not trust the certificate.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	listeners := []net.Listener{l.net}
	if l.certificate != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*l.certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
		// tls.RequestClientCert does not verify the certificate chain. The
		// chain is verified later, because only some methods of client
		// authentication use a CA (RFC 8705 §2).
		asking := srv.TLSConfig.Clone()
		asking.ClientAuth = tls.RequestClientCert
		listeners = []net.Listener{tls.NewListener(l.net, srv.TLSConfig), tls.NewListener(l.mutual, asking)}
	}
	var served sync.WaitGroup
	for _, listener := range listeners {
		served.Go(func() { _ = srv.Serve(listener) }) // the error only says that the server or the listener is closed
	}

	return sync.OnceValue(func() error {
		err := srv.Close()
		served.Wait()
		// Close is called a second time: the first call can miss a connection
		// that is accepted during that call.
		err = errors.Join(err, srv.Close())
		end() // srv.Close does not cancel the context of a request whose body was not read
		if !live.wait(waitLimit) {
			err = errors.Join(err, errors.New("testserver: a handler is still running 5 s after its connection was closed"))
		}
		client.CloseIdleConnections()
		return err
	})
}
