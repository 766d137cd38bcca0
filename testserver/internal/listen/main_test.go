package listen_test

import (
	"io"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver/internal/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is a listener that closes with its test.
func opened(t *testing.T, c listen.Config) *listen.Listener {
	t.Helper()
	l, err := listen.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// serving is a listener that h answers for, and a client of it, until stop.
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

// host answers with the Host that it was asked for.
func host(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }

// get fetches u and returns the answer with its whole body.
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
