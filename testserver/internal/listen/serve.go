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

// waitLimit is how long closing waits for handlers that do not heed their context.
const waitLimit = 5 * time.Second

// Serve answers by h until stop is called. That ends every connection and the
// context of every request, closes what client has idle, and returns when all
// handlers have, or reports after five seconds that one has not.
func (l *Listener) Serve(h http.Handler, client *http.Transport) (stop func() error) {
	var live tally
	base, end := context.WithCancel(context.Background())
	srv := &http.Server{ //nolint:gosec // a client may be as slow as its test wants
		BaseContext: func(net.Listener) context.Context { return base },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			live.add(1) // HTTP/2 runs a handler beside its connection
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
		// A client that does not trust the certificate is a thing to test, not
		// to log; and nothing is logged that could hold a token.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	run := srv.Serve
	if l.certificate != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*l.certificate}, MinVersion: tls.VersionTLS12}
		run = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = run(l.net) // always ErrServerClosed, or the listener's own end
	}()

	return sync.OnceValue(func() error {
		err := srv.Close()
		<-served
		// The first Close did not know a connection that was accepted while it ran.
		err = errors.Join(err, srv.Close())
		end() // a lost connection ends the context of a request only once its body is read
		if !live.wait(waitLimit) {
			err = errors.Join(err, errors.New("testserver: a handler still runs, 5 s after its connection was closed"))
		}
		client.CloseIdleConnections()
		return err
	})
}
