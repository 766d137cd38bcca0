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

// canary stands in what a test wants nobody to be told.
const canary = "c4n4ry-q7Zk2Xw9"

var quiet = slog.New(slog.DiscardHandler)

// config asks the site's introspection endpoint.
func (s *site) config() introspect.Config {
	return introspect.Config{Endpoint: endpoint, Auth: introspect.Basic("api", "secret"), Client: s.client(), Logger: quiet}
}

// newClient configures a client of the site; changes are made to the
// configuration before it is checked.
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

// always asks for every request, as far as answers are concerned.
func always(c *introspect.Config) { c.MaxTTL = -1 }

// isActive demands that a token is active and returns its claims.
func isActive(t *testing.T, c *introspect.Client, token string) string {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if err != nil || r == nil || !r.Active {
		t.Errorf("got %v, %v, want an active token", r, err)
		return ""
	}
	return string(r.Claims)
}

func isInactive(t *testing.T, c *introspect.Client, token string) {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if err != nil || r == nil || r.Active || r.Claims != nil {
		t.Errorf("got %v, %v, want an inactive token", r, err)
	}
}

// isUnknown demands an error that quotes nothing.
func isUnknown(t *testing.T, c *introspect.Client, token string, want error) {
	t.Helper()
	r, err := c.Introspect(t.Context(), token)
	if r != nil || !errors.Is(err, introspect.ErrUnavailable) || !errors.Is(err, want) {
		t.Errorf("got %v, %v, want %v", r, err, want)
	}
	if err != nil && strings.Contains(err.Error(), canary) {
		t.Errorf("the error quotes what it should not: %q", err)
	}
}

// asked demands how many requests the site has seen.
func (s *site) asked(t *testing.T, want int) {
	t.Helper()
	if got := len(s.seen()); got != want {
		t.Errorf("the server was asked %d times, want %d", got, want)
	}
}
