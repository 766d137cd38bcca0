package as

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// Client is a registered client (RFC 6749 §2).
type Client struct {
	ID     string
	Secret string // "" for a public client
	Public bool
}

// The clients of every server. They are stated in the documentation of package
// testserver.
var (
	defaultConfidential = Client{ID: defaultClient, Secret: "test-secret"}
	defaultPublic       = Client{ID: "test-public", Public: true}
)

// Check reports a client that cannot be registered.
func (c Client) Check() error {
	switch {
	case c.ID == "":
		return errors.New("a client has no ID")
	case !isVisible(c.ID) || !isVisible(c.Secret):
		return fmt.Errorf("client %q: ID and Secret are printable ASCII (RFC 6749 §A.1, §A.2)", c.ID)
	case c.Public && c.Secret != "":
		return fmt.Errorf("client %q: a public client keeps no secret (RFC 6749 §2.1): leave out Secret or Public", c.ID)
	case !c.Public && c.Secret == "":
		return fmt.Errorf("client %q: a confidential client has a secret: set Secret or Public", c.ID)
	}
	return nil
}

// isVisible is *VSCHAR of RFC 6749 §A.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// register makes the registry: the clients of every server and then others,
// which take the place of one with their ID.
func register(others []Client) map[string]Client {
	clients := map[string]Client{}
	for _, c := range append([]Client{defaultConfidential, defaultPublic}, others...) {
		clients[c.ID] = c
	}
	return clients
}

// DefaultClient is the client that tokens are issued to unless they say
// otherwise.
func (s *Server) DefaultClient() Client { return s.clients[defaultClient] }

// knows reports whether id is a client with that secret. It takes as long for
// one that is unknown, and for any secret.
func (s *Server) knows(id, secret string) bool {
	client, known := s.clients[id]
	want, got := sha256.Sum256([]byte(client.Secret)), sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(want[:], got[:]) == 1
	return same && known && !client.Public
}
