package testserver

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Grant is a way to get tokens (RFC 6749 §1.3).
type Grant string

// The grants. There is no implicit grant and none by password (RFC 9700 §2.1.2,
// §2.4).
const (
	AuthorizationCode Grant = Grant(as.AuthorizationCode) // RFC 6749 §4.1, RFC 7636
	ClientCredentials Grant = Grant(as.ClientCredentials) // RFC 6749 §4.4
	RefreshToken      Grant = Grant(as.RefreshToken)      // RFC 6749 §6
	DeviceCode        Grant = Grant(as.DeviceCode)        // RFC 8628
	TokenExchange     Grant = Grant(as.TokenExchange)     // RFC 8693
	JWTBearer         Grant = Grant(as.JWTBearer)         // RFC 7523 §2.1
)

// AuthMethod is a way for a client to authenticate (RFC 6749 §2.3).
type AuthMethod string

// The ways to authenticate.
const (
	ClientSecretBasic AuthMethod = AuthMethod(as.ByBasic)
	ClientSecretPost  AuthMethod = AuthMethod(as.ByPost)
	PrivateKeyJWT     AuthMethod = AuthMethod(as.ByPrivateKey) // RFC 7523, OpenID Connect Core 1.0 §9
	NoAuth            AuthMethod = AuthMethod(as.ByNothing)
)

// Client is a client that is registered with the server (RFC 6749 §2). Printed
// or logged it shows its ID alone.
type Client struct {
	ID     string // printable ASCII, colons and spaces included
	Secret string // printable ASCII; "" for a public client
	Public bool   // it cannot keep a secret (RFC 6749 §2.1), so it needs PKCE and may not introspect

	// RedirectURIs are compared byte for byte, but for the port of 127.0.0.1,
	// [::1] and localhost, which may be any (RFC 8252 §7.3). They are also where
	// a logout may lead. None means those of the default clients: see [Clients].
	RedirectURIs []string

	Grants []Grant  // none means all that fit but TokenExchange and JWTBearer
	Scopes []string // none means all of the server's: see [Scopes]

	AuthMethod AuthMethod // "" means all that fit
	JWKS       []byte     // public keys, for PrivateKeyJWT and JWTBearer
	RequirePAR bool       // it may authorize by [PAR] alone (RFC 9126 §6)

	edits               []as.Edit
	refreshTTL, codeTTL time.Duration
}

// String names the client without showing its secret.
func (c Client) String() string { return fmt.Sprintf("client %q", c.ID) }

// GoString is String, for %#v.
func (c Client) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Client) inner() as.Client {
	grants := make([]as.Grant, len(c.Grants))
	for i, g := range c.Grants {
		grants[i] = as.Grant(g)
	}
	return as.Client{
		ID: c.ID, Secret: c.Secret, Public: c.Public, RedirectURIs: c.RedirectURIs, Grants: grants, Scopes: c.Scopes,
		AuthMethod: as.AuthMethod(c.AuthMethod), JWKS: c.JWKS, RequirePAR: c.RequirePAR, Edits: c.edits, RefreshTTL: c.refreshTTL, CodeTTL: c.codeTTL,
	}
}

func outerClient(c as.Client) Client {
	var grants []Grant
	for _, g := range c.Grants {
		grants = append(grants, Grant(g))
	}
	return Client{
		ID: c.ID, Secret: c.Secret, Public: c.Public, RedirectURIs: c.RedirectURIs, Grants: grants, Scopes: c.Scopes,
		AuthMethod: AuthMethod(c.AuthMethod), JWKS: c.JWKS, RequirePAR: c.RequirePAR, edits: c.Edits, refreshTTL: c.RefreshTTL, codeTTL: c.CodeTTL,
	}
}

// ClientOption changes what one client gets: see [Server.AddClient].
type ClientOption interface{ applyClient(*Client) }

// Clients registers further clients. Every server has two already: the
// confidential test-client with the secret test-secret, which tokens are issued
// to by default, and the public test-public, both with the redirect URIs
// http://127.0.0.1/callback, http://localhost/callback and
// http://[::1]/callback on any port. One given under either ID takes its place.
func Clients(c ...Client) Option {
	return serverOption(func(config *config) {
		for _, client := range c {
			if len(client.RedirectURIs) == 0 {
				client.RedirectURIs = as.LoopbackRedirects()
			}
			inner := client.inner()
			if err := inner.Check(); err != nil {
				config.fail("Clients: %w", err)
			} else if err := checkEdits(client); err != nil {
				config.fail("Clients: %w", err)
			}
			for _, other := range config.Clients {
				if other.ID == client.ID {
					config.fail("Clients: client %q is there twice", client.ID)
				}
			}
			config.Clients = append(config.Clients, inner)
		}
	})
}

func checkEdits(c Client) error {
	if _, err := as.CheckDefaults(c.edits); err != nil {
		return fmt.Errorf("client %q: %w", c.ID, err)
	}
	return nil
}

// AddClient registers a client while the server runs, in place of one with its
// ID, and returns it with what was empty filled in: an ID, a secret unless it is
// public or has a JWKS, and redirect URIs. opts change
// the client's own tokens: any [SharedOption] but Scope's default, [RefreshTTL]
// and [CodeTTL].
//
//	web := s.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/cb"}}, testserver.AccessTTL(time.Minute))
func (s *Server) AddClient(c Client, opts ...ClientOption) Client {
	s.helper()
	c = s.complete(c)
	for i, o := range opts {
		if o == nil {
			s.fail("AddClient: option %d is nil: leave it out", i+1)
			continue
		}
		o.applyClient(&c)
	}
	if err := s.register(c); err != nil {
		s.fail("AddClient: %v", err)
	}
	return c
}

// complete fills in what is empty.
func (s *Server) complete(c Client) Client {
	if c.ID == "" {
		c.ID = "client-" + s.as.Source.Name("client")
	}
	if c.Secret == "" && !c.Public && len(c.JWKS) == 0 {
		c.Secret = s.as.Source.Handle("client secret")
	}
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = as.LoopbackRedirects()
	}
	return c
}

func (s *Server) register(c Client) error {
	if err := checkEdits(c); err != nil {
		return err
	}
	if err := s.as.AddClient(c.inner()); err != nil {
		return err
	}
	s.isDefault(c)
	return nil
}

// DefaultClient is the client test-client: its ID and secret are what an API
// under test introspects with.
func (s *Server) DefaultClient() Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asking
}

func (s *Server) isDefault(c Client) {
	if c.ID == as.DefaultClients()[0].ID {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = c
	}
}
