package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Client is a client that is registered with the server (RFC 6749 §2). When a
// Client is printed or logged, only its ID is shown.
type Client struct {
	ID     string // printable ASCII; may contain colons and spaces
	Secret string `json:"-"` // printable ASCII; "" for a public client
	Public bool   // it cannot keep a secret (RFC 6749 §2.1): it must use PKCE and cannot introspect tokens

	// RedirectURIs are the redirect URIs of the client. The URI in a request
	// must equal one of them byte for byte. Only the port may differ, and only
	// if the host is 127.0.0.1, [::1] or localhost (RFC 8252 §7.3). If the list
	// is empty, Clients and AddClient use the redirect URIs of the default
	// clients.
	RedirectURIs []string

	// PostLogoutRedirectURIs are the allowed redirect URIs after a logout. They
	// are compared like RedirectURIs (OpenID Connect RP-Initiated Logout 1.0
	// §3.1). If the list is empty, a logout may redirect to the RedirectURIs,
	// and then even the port must be equal.
	PostLogoutRedirectURIs []string `json:",omitempty"`

	Grants []catalogue.Grant // empty means all suitable grants, except token exchange and jwt-bearer
	Scopes []string          // empty means all scopes of the server

	AuthMethod  catalogue.AuthMethod   // "" means all suitable methods, except those with a certificate
	JWKS        []byte                 // public keys, for private_key_jwt, self_signed_tls_client_auth and jwt-bearer
	TLS         catalogue.ClientTLS    `json:",omitzero"` // certificate name; whether tokens are bound to the certificate
	Logout      catalogue.ClientLogout `json:",omitzero"` // URI and options for logout tokens
	RequireDPoP bool                   `json:",omitzero"` // its token requests must have a DPoP proof (RFC 9449 §5.2)
	Name        string                 `json:",omitzero"` // shown to users; "" means that the ID is shown
	RequirePAR  bool                   `json:",omitzero"` // it must push its authorization requests (RFC 9126 §6)
	Algs        catalogue.ClientAlgs   `json:",omitzero"` // signing algorithms; "" is the default

	// RefreshTTL and CodeTTL are the lifetimes of the client's refresh tokens
	// and codes; 0 means the server's default lifetime. They are not saved in
	// state files.
	RefreshTTL, CodeTTL time.Duration `json:"-"`
}

// String returns the ID of the client, without its secret.
func (c Client) String() string { return fmt.Sprintf("client %q", c.ID) }

// GoString returns the same string as String, so that %#v does not show the
// secret.
func (c Client) GoString() string { return c.String() }

// LogValue returns the same string as String, so that log/slog does not show
// the secret.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// OnRequest reports whether the grant g issues tokens for a user without the
// user's consent. A client may use token exchange and jwt-bearer only if its
// registration lists them.
func OnRequest(g catalogue.Grant) bool {
	return g == catalogue.TokenExchange || g == catalogue.JWTBearer
}

// DefaultClients returns the clients that every server has. The documentation
// of package testserver lists them.
func DefaultClients() []Client {
	return []Client{
		{ID: token.DefaultClient, Secret: "test-secret", RedirectURIs: LoopbackRedirects(), PostLogoutRedirectURIs: loopbackLogouts()},
		{ID: "test-public", Public: true, RedirectURIs: LoopbackRedirects(), PostLogoutRedirectURIs: loopbackLogouts()},
	}
}

// LoopbackRedirects returns the default redirect URIs.
func LoopbackRedirects() []string {
	return []string{"http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"}
}

// loopbackLogouts returns the post-logout redirect URIs of the default clients.
// Each loopback origin has three of them: with an empty path, with / and with
// /callback.
func loopbackLogouts() (uris []string) {
	for _, origin := range loopbacks {
		for _, path := range [...]string{"", "/", "/callback"} {
			uris = append(uris, origin+path)
		}
	}
	return uris
}

// check returns an error if the client cannot be registered.
func (c Client) check() error {
	switch {
	case c.ID == "":
		return errors.New("a client has no ID: set ID")
	case !IsVisible(c.ID) || !IsVisible(c.Secret):
		return fmt.Errorf("client %q: ID or Secret is not printable ASCII (RFC 6749 §A.1, §A.2)", c.ID)
	case c.Public && c.Secret != "":
		return fmt.Errorf("client %q: a public client cannot keep a secret (RFC 6749 §2.1): leave out Secret or Public", c.ID)
	case c.Public && (len(c.JWKS) > 0 || c.AuthMethod != "" && c.AuthMethod != catalogue.NoAuth):
		return fmt.Errorf("client %q: a public client does not authenticate: either remove JWKS and AuthMethod, or do not set Public", c.ID)
	case !c.Public && c.Secret == "" && len(c.JWKS) == 0 && c.AuthMethod != catalogue.TLSClientAuth:
		return fmt.Errorf("client %q: a confidential client must authenticate: set Secret, JWKS or AuthMethod, or set Public if the client is public", c.ID)
	}
	return errors.Join(c.checkAlgs(), c.checkMethod(), c.checkLists())
}

func (c Client) checkAlgs() error {
	if err := c.Algs.Check(func(f catalogue.ClientAlg) string { return "Algs." + f.Field }); err != nil {
		return fmt.Errorf("client %q: %w", c.ID, err)
	}
	return nil
}

func (c Client) checkMethod() error {
	if len(c.JWKS) > 0 {
		if _, err := KeySet(c); err != nil {
			return err
		}
	}
	if err := mtls.CheckNames(c.TLS, c.AuthMethod, func(n catalogue.CertificateName) string { return "TLS." + n.Field }); err != nil {
		return fmt.Errorf("client %q: %w", c.ID, err)
	}
	var need string
	var fits bool
	switch c.AuthMethod {
	case "", catalogue.TLSClientAuth:
		return nil
	case catalogue.ClientSecretBasic, catalogue.ClientSecretPost:
		need, fits = "Secret", c.Secret != ""
	case catalogue.PrivateKeyJWT, catalogue.SelfSignedTLS:
		need, fits = "JWKS", len(c.JWKS) > 0
	case catalogue.NoAuth:
		need, fits = "Public", c.Public
	default:
		return fmt.Errorf("client %q: unknown AuthMethod %q", c.ID, string(c.AuthMethod))
	}
	if !fits {
		return fmt.Errorf("client %q: AuthMethod %s is not possible: set %s", c.ID, c.AuthMethod, need)
	}
	return nil
}

func (c Client) checkLists() error {
	var errs []error
	for _, uri := range slices.Concat(c.RedirectURIs, c.PostLogoutRedirectURIs) {
		if err := CheckRedirect(uri); err != nil {
			errs = append(errs, fmt.Errorf("client %q: %w", c.ID, err))
		}
	}
	if c.Logout.URI != "" {
		if err := CheckLogoutURI(c.Logout.URI); err != nil {
			errs = append(errs, fmt.Errorf("client %q: %w", c.ID, err))
		}
	}
	for _, g := range c.Grants {
		if !slices.Contains(catalogue.Grants, g) {
			errs = append(errs, fmt.Errorf("client %q: unknown grant %q", c.ID, string(g)))
		}
		if c.Public && g == catalogue.ClientCredentials {
			errs = append(errs, fmt.Errorf("client %q: client_credentials is only for confidential clients (RFC 6749 §4.4)", c.ID))
		}
		if c.Public && OnRequest(g) {
			errs = append(errs, fmt.Errorf("client %q: %s is only for confidential clients", c.ID, g))
		}
		if !c.Public && g == catalogue.JWTBearer && len(c.JWKS) == 0 {
			errs = append(errs, fmt.Errorf("client %q: %s requires keys: set JWKS", c.ID, g))
		}
	}
	for _, scope := range c.Scopes {
		if err := CheckScope(scope); err != nil {
			errs = append(errs, fmt.Errorf("client %q: %w", c.ID, err))
		}
	}
	if c.RefreshTTL < 0 || c.CodeTTL < 0 {
		errs = append(errs, fmt.Errorf("client %q: RefreshTTL or CodeTTL is negative", c.ID))
	}
	return errors.Join(errs...)
}

// KeySet parses the JWKS of a client. The JWKS must contain only public keys.
func KeySet(c Client) (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.JWKS, &set); err != nil || len(set.Keys) == 0 {
		return set, fmt.Errorf("client %q: JWKS is not a JSON Web Key Set or contains no keys (RFC 7517 §5)", c.ID)
	}
	for _, key := range set.Keys {
		if !key.Valid() || !key.IsPublic() {
			return set, fmt.Errorf("client %q: JWKS contains a key that is not public or not valid", c.ID)
		}
	}
	return set, nil
}
