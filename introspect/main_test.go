package introspect_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/introspect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	issuer   = "https://as.example.com"
	endpoint = issuer + "/introspect"
	token    = "2YotnFZFEjr1zCsicMWpAA"
)

// canary is a text in place of a secret. It must not appear in logs or errors.
const canary = "c4n4ry-q7Zk2Xw9"

var discardLogger = slog.New(slog.DiscardHandler)

// config returns a configuration for the site's introspection endpoint.
func (s *site) config() introspect.Config {
	return introspect.Config{Endpoint: endpoint, Auth: introspect.Basic("api", "secret"), Client: s.client(), Logger: discardLogger}
}

// newClient returns a client of the site. It applies the changes to the
// client's configuration first.
func newClient(t testing.TB, s *site, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := s.config()
	for _, change := range changes {
		change(&config)
	}
	c, err := introspect.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// noCache disables the cache.
func noCache(c *introspect.Config) { c.MaxTTL = -1 }

// assertActive checks that a token is active and returns the token's claims.
func assertActive(t *testing.T, c *introspect.Client, token string) string {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if err != nil || r == nil || !r.Active {
		t.Errorf("got %v, %v, want an active token", r, err)
		return ""
	}
	return string(r.Claims)
}

func assertInactive(t *testing.T, c *introspect.Client, token string) {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if err != nil || r == nil || r.Active || r.Claims != nil {
		t.Errorf("got %v, %v, want an inactive token", r, err)
	}
}

// assertUnavailable checks that a query fails. The error must wrap the error
// want and quote no secrets.
func assertUnavailable(t *testing.T, c *introspect.Client, token string, want error) {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if r != nil || !errors.Is(err, introspect.ErrUnavailable) || !errors.Is(err, want) {
		t.Errorf("got %v, %v, want %v", r, err, want)
	}
	if err != nil && strings.Contains(err.Error(), canary) {
		t.Errorf("the error quotes a secret: %q", err)
	}
}

// assertRequests checks the number of requests that the site has received.
func (s *site) assertRequests(t *testing.T, want int) {
	t.Helper()
	if got := len(s.received()); got != want {
		t.Errorf("got %d requests, want %d", got, want)
	}
}
