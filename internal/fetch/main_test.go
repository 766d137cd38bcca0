package fetch_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is a part of the URLs, headers and bodies in these tests. It must not
// appear in an error.
const canary = "c4n4ry"

// server is a server on a loopback socket that counts connections and requests.
type server struct {
	*httptest.Server
	connections atomic.Int32
	requests    atomic.Int32
}

func newServer(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := prepare(handler)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func newTLSServer(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := prepare(handler)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func prepare(handler http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		handler(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	return s
}

// trap returns a server that fails the test if it receives a connection.
func trap(t *testing.T) *server {
	t.Helper()
	s := newServer(t, func(http.ResponseWriter, *http.Request) {})
	t.Cleanup(func() {
		if n := s.connections.Load(); n != 0 {
			t.Errorf("%d connections reached the target of a refused redirect, want 0", n)
		}
	})
	return s
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// port returns the port of a server's address.
func (s *server) port() string {
	return s.URL[strings.LastIndexByte(s.URL, ':')+1:]
}

// checkSilent checks that an error does not quote an address or an answer.
func checkSilent(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("the error quotes an address or an answer: %v", err)
	}
}

// get calls Get without an ETag and returns only the body.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	answer, err := fetch.Get(ctx, client, address, "")
	return answer.Body, err
}

func postForm(ctx context.Context, client *http.Client, address string, form url.Values, header http.Header) ([]byte, error) {
	answer, err := fetch.PostForm(ctx, client, address, form, header)
	return answer.Body, err
}
