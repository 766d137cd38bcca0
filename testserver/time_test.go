package testserver_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

var inMemory = map[string][]testserver.Option{
	"plain": {testserver.InMemory()},
	"TLS":   {testserver.InMemory(), testserver.TLS()},
}

func TestInMemoryInASynctestBubble(t *testing.T) {
	for name, opts := range inMemory {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := testserver.New(t, opts...)
				for i := range 3 {
					get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
					if got, want := s.Count(testserver.EndpointJWKS), i+1; got != want {
						t.Errorf("got %d requests, want %d", got, want)
					}
					time.Sleep(16 * time.Minute) // the connection stays idle for this time
				}
				_, claims := verified(t, s, s.Token())
				if got, want := claims["iat"], float64(time.Now().Unix()); got != want {
					t.Errorf("got iat %v, want the bubble's %v", got, want)
				}
			})
		})
	}
}

func TestCloseReturnsAtOnce(t *testing.T) {
	for name, opts := range inMemory {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := testserver.New(t, opts...)
				get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
				silent := dial(t, s) // the test neither writes to this connection nor reads from it
				defer silent.Close()
				synctest.Wait()

				begin := time.Now()
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if took := time.Since(begin); took != 0 {
					t.Errorf("Close took %v, want 0s", took)
				}
			})
		})
	}
}

// dial opens a connection with the dialer of Client and sends nothing.
func dial(t *testing.T, s *testserver.Server) net.Conn {
	t.Helper()
	u, err := url.Parse(s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	c, err := s.Client().Transport.(*http.Transport).DialContext(t.Context(), "tcp", net.JoinHostPort(u.Host, port))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Closing a TLS connection sends close_notify. On a pipe, this write waits up
// to five seconds for a reader. Server.Close must not wait for the write.
func TestCloseDoesNotWaitForCloseNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testserver.New(t, testserver.InMemory(), testserver.TLS())
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(s.CACertPEM())
		host := strings.TrimPrefix(s.Issuer(), "https://")
		// In TLS 1.2 the server sends nothing after the handshake.
		c := tls.Client(dial(t, s), &tls.Config{RootCAs: roots, ServerName: host, MaxVersion: tls.VersionTLS12})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		defer c.NetConn().Close()
		synctest.Wait()

		begin := time.Now()
		if err := s.Close(); err != nil || time.Since(begin) != 0 {
			t.Errorf("got %v after %v, want nil at once", err, time.Since(begin))
		}
	})
}

func TestAdvanceMovesOnlyThisClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := testserver.New(t, testserver.InMemory()), testserver.New(t, testserver.InMemory())
		start := time.Now()
		a.Advance(time.Hour)
		time.Sleep(time.Minute)
		a.Advance(-10 * time.Minute)
		if got, want := a.Now(), start.Add(51*time.Minute); !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := b.Now(), start.Add(time.Minute); !got.Equal(want) {
			t.Errorf("the other server: got %v, want %v", got, want)
		}
		_, claims := verified(t, a, a.Token())
		now := float64(a.Now().Unix())
		if claims["iat"] != now || claims["nbf"] != now || claims["exp"] != now+300 {
			t.Errorf("got %v, want iat, nbf and exp to move together", claims)
		}
	})
}

func TestClockReplacesTime(t *testing.T) {
	s := testserver.New(t, testserver.Clock(atNoon))
	s.Advance(time.Second)
	if got, want := s.Now(), noon.Add(time.Second); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
