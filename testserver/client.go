package testserver

import (
	"fmt"
	"log/slog"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Client is a client that is registered with the server (RFC 6749 §2). Printed
// or logged it shows its ID alone.
type Client struct {
	ID     string // printable ASCII, colons and spaces included
	Secret string // printable ASCII; "" for a public client
	Public bool   // it cannot keep a secret (RFC 6749 §2.1), so it may not introspect
}

// String names the client without showing its secret.
func (c Client) String() string { return fmt.Sprintf("client %q", c.ID) }

// GoString is String, for %#v.
func (c Client) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Clients registers further clients. Every server has two already: the
// confidential test-client with the secret test-secret, which tokens are issued
// to by default, and the public test-public. One given under either ID takes
// its place.
func Clients(c ...Client) Option {
	return serverOption(func(config *config) {
		for _, client := range c {
			inner := as.Client{ID: client.ID, Secret: client.Secret, Public: client.Public}
			if err := inner.Check(); err != nil {
				config.fail("Clients: %w", err)
			}
			for _, other := range config.clients {
				if other.ID == client.ID {
					config.fail("Clients: client %q is there twice", client.ID)
				}
			}
			config.clients = append(config.clients, inner)
		}
	})
}

// DefaultClient is the client test-client: its ID and secret are what an API
// under test introspects with.
func (s *Server) DefaultClient() Client {
	c := s.as.DefaultClient()
	return Client{ID: c.ID, Secret: c.Secret, Public: c.Public}
}
