package testserver

import (
	"fmt"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Grant is a grant type (RFC 6749 §1.3), with the name that the RFCs use:
// "authorization_code" (RFC 6749 §4.1, RFC 7636), "client_credentials" (§4.4),
// "refresh_token" (§6), or one of the constants below. The server deliberately
// supports neither the implicit grant nor the password grant (RFC 9700 §2.1.2,
// §2.4).
type Grant = catalogue.Grant

// The grants whose names are URNs.
const (
	DeviceCode    = catalogue.DeviceCode    // RFC 8628
	TokenExchange = catalogue.TokenExchange // RFC 8693
	JWTBearer     = catalogue.JWTBearer     // RFC 7523 §2.1
)

// Client is a registered client (RFC 6749 §2). A Client that is printed or
// logged shows only its ID. See [Server.AddClient].
//
//   - ID and Secret are its credentials. A Public client has no secret.
//   - RedirectURIs, PostLogoutRedirectURIs, Grants and Scopes are the values
//     that the client may use.
//   - AuthMethod is "client_secret_basic", "client_secret_post",
//     "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth" or
//     "none".
//   - JWKS has the client's public keys. TLS describes its certificate. Logout
//     makes the server send logout tokens to the client.
//   - RequirePAR means that the client must push its authorization requests.
//   - RequireDPoP means that the client's token requests must have a DPoP proof
//     (RFC 9449 §5.2). The access tokens in the responses are then bound to the
//     key of the proof.
//   - RefreshTTL is the lifetime of its refresh tokens, by default 30 days.
//     Each use of a refresh token returns a new refresh token with a new
//     lifetime. CodeTTL is the lifetime of its authorization codes, by default
//     one minute.
type Client = registry.Client

// ClientTLS describes the TLS certificate of a [Client] (RFC 8705 §2.1.2,
// §3.4), on a server with [TLS]. If the AuthMethod is tls_client_auth, exactly
// one of these names must be set:
//
//   - SubjectDN is the subject as an RFC 4514 string, such as
//     "CN=billing,O=Example". It is compared attribute by attribute, not as a
//     string. Different names for one attribute (CN, 2.5.4.3), the case of
//     values and repeated spaces make no difference.
//   - SANDNS and SANEmail are names in subjectAltName. The case of the host
//     does not matter.
//   - SANURI is a URI in subjectAltName, compared as a string.
//   - SANIP is an IP address in subjectAltName.
//
// If the AuthMethod is self_signed_tls_client_auth, the JWKS must contain the
// certificate (x5c) or its public key.
//
// BoundTokens binds the client's tokens to the certificate that the client
// presents. It works with every AuthMethod. A client with BoundTokens gets
// tokens only if it presents a certificate.
type ClientTLS = catalogue.ClientTLS

// ClientLogout makes the server send logout tokens to a [Client] (OpenID
// Connect Back-Channel Logout 1.0). The server sends a logout token to the URI
// when the session of a user ends at [EndpointEndSession], when another user
// logs in with the same browser, or after [Server.RevokeSubject]. The client's
// ID tokens and access tokens have sid. The logout token has sub, and also sid
// if SessionRequired is true.
//
// [Server.Events] contains the responses of the clients. A logout succeeds even
// if a client does not respond. Without [Interactive], every login is a
// separate session, and the id_token_hint selects the session that ends.
type ClientLogout = catalogue.ClientLogout

// ClientAlgs are the signing algorithms of a [Client]. An empty field means the
// default. HS algorithms and "none" are refused.
//
//   - IDToken is for ID tokens. The default is the algorithm of access tokens.
//   - UserInfo is for UserInfo responses. If UserInfo is set, the responses are
//     signed JWTs. By default, the responses are unsigned JSON.
//   - Introspection is for introspection responses (RFC 9701). The default is
//     RS256.
//   - Assertion is for the client's assertions. If Assertion is set, the server
//     accepts only this algorithm. By default, the server accepts all supported
//     algorithms.
//
// When the client is added, the server publishes a key for each algorithm that
// IDToken, UserInfo and Introspection name.
type ClientAlgs = catalogue.ClientAlgs

// Clients registers more clients. Every server already has two clients: the
// confidential client test-client, whose secret is test-secret, and the public
// client test-public. By default, tokens are issued to test-client. Both
// clients have the redirect URIs http://127.0.0.1/callback,
// http://localhost/callback and http://[::1]/callback on any port. A client
// with one of these two IDs replaces the client that the server already has.
func Clients(c ...Client) Option {
	return serverOption(func(config *config) {
		for _, client := range c {
			if len(client.RedirectURIs) == 0 {
				client.RedirectURIs = registry.LoopbackRedirects()
			}
			if _, err := registry.NewRegistered(client); err != nil {
				config.fail("Clients: %w", err)
			}
			for _, other := range config.Clients {
				if other.ID == client.ID {
					config.fail("Clients: two clients have the ID %q: rename one", client.ID)
				}
			}
			config.Clients = append(config.Clients, client)
		}
	})
}

// AddClient registers a client while the server runs. It overwrites an existing
// client with the same ID. AddClient fills in an empty ID, empty redirect URIs
// and an empty secret, and returns the client. A client that is public, has a
// JWKS or authenticates with a certificate gets no secret. The options apply
// only to this client's tokens.
//
//	web := s.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/cb"}}, testserver.AccessTTL(time.Minute))
func (s *Server) AddClient(c Client, opts ...SharedOption) Client {
	s.helper()
	var edits []token.Edit
	for i, o := range opts {
		if o == nil {
			s.fail("AddClient: option %d is nil: leave it out", i+1)
			continue
		}
		edits = append(edits, o.applyToken)
	}
	c, err := s.addClient(c, edits)
	if err != nil {
		s.fail("AddClient: %v", err)
	}
	return c
}

func (s *Server) addClient(c Client, edits []token.Edit) (Client, error) {
	if c.ID == "" {
		c.ID = "client-" + s.oauth.Source.Name("client")
	}
	if c.Secret == "" && !c.Public && len(c.JWKS) == 0 && c.AuthMethod != catalogue.TLSClientAuth {
		c.Secret = s.oauth.Source.Handle("client secret")
	}
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = registry.LoopbackRedirects()
	}
	if _, err := token.CheckDefaults(edits); err != nil {
		return c, fmt.Errorf("client %q: %w", c.ID, err)
	}
	registered, err := registry.NewRegistered(c, edits...)
	if err != nil {
		return c, err
	}
	if err := s.oauth.PublishKeys(c.Algs.Signing()...); err != nil {
		return c, err
	}
	s.oauth.Registry.Put(registered)
	s.setDefaultClient(c)
	return c, nil
}

// Clients returns the registered clients, sorted by ID, without their secrets.
// [Server.DefaultClient] returns the secret of test-client. The server does not
// store the other secrets.
func (s *Server) Clients() []Client {
	var list []Client
	for _, c := range s.oauth.Registry.Clients() {
		list = append(list, c.Copy())
	}
	return list
}

// DefaultClient returns the client test-client. An API under test can
// authenticate with its ID and secret to introspect tokens.
func (s *Server) DefaultClient() Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.defaultClient
}

// setDefaultClient stores c if c is the default client. It keeps the secret of
// c, because the registry stores only a digest of the secret.
func (s *Server) setDefaultClient(c Client) {
	if c.ID == token.DefaultClient {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.defaultClient = c
	}
}
