package listen_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

var inMemory = map[string]listen.Config{
	"plain": {InMemory: true},
	"TLS":   {InMemory: true, TLS: true},
}

func TestStopEndsRequestsInFlight(t *testing.T) {
	for name, config := range inMemory {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hung := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
				l, c, stop := serving(t, config, hung)
				failed := make(chan error)
				go func() {
					_, err := c.Get(l.URL)
					failed <- err
				}()
				synctest.Wait()
				begin := time.Now()
				if err := stop(); err != nil || time.Since(begin) != 0 {
					t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
				}
				if err := <-failed; err == nil {
					t.Error("got an answer from a hung handler, want an error")
				}
			})
		})
	}
}

func TestStopReportsAHandlerThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := func(http.ResponseWriter, *http.Request) { <-release }
		l, c, stop := serving(t, listen.Config{InMemory: true}, deaf)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := c.Get(l.URL); err == nil {
				t.Error("got an answer, want an error")
			}
		}()
		synctest.Wait()
		begin := time.Now()
		err := stop()
		if err == nil || time.Since(begin) != 5*time.Second {
			t.Errorf("got %v after %v, want an error after 5s", err, time.Since(begin))
		}
		close(release)
		<-done
	})
}

func TestStopEndsConnectionsThatSaidNothing(t *testing.T) {
	for name, c := range inMemory {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, client, stop := serving(t, c, host)
				get(t, client, l.URL) // leaves an idle connection
				silent, err := l.Transport().DialContext(t.Context(), "tcp", l.Host())
				if err != nil {
					t.Fatal(err)
				}
				defer silent.Close()
				synctest.Wait()
				begin := time.Now()
				if err := stop(); err != nil || time.Since(begin) != 0 {
					t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
				}
				if _, err := silent.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("got %v, want the end of the connection", err)
				}
				if _, err := client.Get(l.URL); !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want an error of what is closed", err)
				}
				if err := stop(); err != nil {
					t.Errorf("got %v the second time, want nil", err)
				}
			})
		})
	}
}

// stop must not wait until the client reads the close_notify alert of TLS. Over
// a pipe, sending the alert blocks for up to five seconds if the client does
// not read.
func TestStopWaitsForNoFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _, stop := serving(t, listen.Config{InMemory: true, TLS: true}, host)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(l.CACertPEM)
		near, err := l.Transport().DialContext(t.Context(), "tcp", l.Host())
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		// With TLS 1.2 the server sends nothing after the handshake, so the
		// client has nothing to read.
		name, _, _ := strings.Cut(l.Host(), ":")
		c := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: name, MaxVersion: tls.VersionTLS12})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err != nil || time.Since(begin) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
		}
	})
}

func TestStopEndsTheClientsIdleConnections(t *testing.T) {
	other, _, _ := serving(t, listen.Config{}, host)
	_, client, stop := serving(t, listen.Config{}, host)
	transport, closed := client.Transport.(*http.Transport), make(chan struct{})
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		return watched{c, sync.OnceFunc(func() { close(closed) })}, err
	}
	get(t, client, other.URL)
	if err := stop(); err != nil {
		t.Error(err)
	}
	select {
	case <-closed:
	default:
		t.Error("got an idle connection to another server left open, want it closed")
	}
}

// watched is a connection that reports when it is closed.
type watched struct {
	net.Conn
	closed func()
}

func (w watched) Close() error {
	w.closed()
	return w.Conn.Close()
}

// stop must end a request whose body never arrives. Until the body has been
// read, net/http does not cancel the context of the request when the connection
// is closed.
func TestStopEndsARequestThatAwaitsItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _, stop := serving(t, listen.Config{InMemory: true}, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c, err := l.Transport().DialContext(t.Context(), "tcp", l.Host())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		if err := stop(); err != nil || time.Since(begin) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
		}
	})
}
