package listen_test

import (
	"io"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened returns a listener that closes when the test ends.
func opened(t *testing.T, c listen.Config) *listen.Listener {
	t.Helper()
	l, err := listen.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serving returns a listener that serves h, and a client for the listener. Both
// work until stop is called.
func serving(t *testing.T, c listen.Config, h http.HandlerFunc) (l *listen.Listener, client *http.Client, stop func() error) {
	t.Helper()
	l, err := listen.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	transport := l.Transport()
	stop = l.Serve(h, transport)
	t.Cleanup(func() { _ = stop() })
	return l, &http.Client{Transport: transport}, stop
}

// host responds with the Host of the request.
func host(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }

// get fetches u and returns the response with its whole body.
func get(t *testing.T, c *http.Client, u string) (*http.Response, string) {
	t.Helper()
	resp, err := c.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}
