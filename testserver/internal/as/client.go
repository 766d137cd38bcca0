package as

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Grant is a grant_type (RFC 6749 §1.3, RFC 8628 §3.4).
type Grant string

// The grants. The implicit one and that by password are deliberately absent
// (RFC 9700 §2.1.2, §2.4).
const (
	AuthorizationCode Grant = "authorization_code"
	ClientCredentials Grant = "client_credentials"
	RefreshToken      Grant = "refresh_token"
	DeviceCode        Grant = "urn:ietf:params:oauth:grant-type:device_code"
	TokenExchange     Grant = "urn:ietf:params:oauth:grant-type:token-exchange" //nolint:gosec // a name, no credential
	JWTBearer         Grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"     //nolint:gosec // a name, no credential
)

var allGrants = grantsNamed(catalogue.Grants)

func grantsNamed(names []string) (all []Grant) {
	for _, name := range names {
		all = append(all, Grant(name))
	}
	return all
}

// onRequest reports whether g makes tokens about somebody who is not asked. A
// client has it only if its registration says so.
func (g Grant) onRequest() bool { return g == TokenExchange || g == JWTBearer }

// AuthMethod is a token_endpoint_auth_method (RFC 7591 §2).
type AuthMethod string

// The ways to authenticate.
const (
	ByBasic      AuthMethod = "client_secret_basic"
	ByPost       AuthMethod = "client_secret_post"
	ByPrivateKey AuthMethod = "private_key_jwt"
	ByNothing    AuthMethod = "none"
)

// Client is a registered client (RFC 6749 §2).
type Client struct {
	ID           string
	Secret       string `json:"-"` // "" for a public client
	Public       bool
	RedirectURIs []string
	Grants       []Grant    // empty: all that fit
	Scopes       []string   // empty: all of the server's
	AuthMethod   AuthMethod // "": all that fit
	JWKS         []byte     // for private_key_jwt
	Name         string     `json:",omitzero"` // for people, "" for the ID; a request that registers gives it
	RequirePAR   bool       `json:",omitzero"` // it may only push its authorization requests (RFC 9126 §6)

	Edits               []Edit        `json:"-"` // of its access tokens
	RefreshTTL, CodeTTL time.Duration `json:"-"` // 0: the server's
}

// DefaultClients are the clients of every server. They are stated in the
// documentation of package testserver.
func DefaultClients() []Client {
	return []Client{
		{ID: defaultClient, Secret: "test-secret", RedirectURIs: LoopbackRedirects()},
		{ID: "test-public", Public: true, RedirectURIs: LoopbackRedirects()},
	}
}

// LoopbackRedirects are the redirect URIs of clients that name none.
func LoopbackRedirects() []string {
	return []string{"http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"}
}

// Check reports a client that cannot be registered.
func (c Client) Check() error {
	switch {
	case c.ID == "":
		return errors.New("a client has no ID")
	case !isVisible(c.ID) || !isVisible(c.Secret):
		return fmt.Errorf("client %q: ID and Secret are printable ASCII (RFC 6749 §A.1, §A.2)", c.ID)
	case c.Public && c.Secret != "":
		return fmt.Errorf("client %q: a public client keeps no secret (RFC 6749 §2.1): leave out Secret or Public", c.ID)
	case c.Public && (len(c.JWKS) > 0 || c.AuthMethod != "" && c.AuthMethod != ByNothing):
		return fmt.Errorf("client %q: a public client does not authenticate: leave out JWKS and AuthMethod, or Public", c.ID)
	case !c.Public && c.Secret == "" && len(c.JWKS) == 0:
		return fmt.Errorf("client %q: a confidential client has a secret: set Secret, JWKS or Public", c.ID)
	}
	return errors.Join(c.checkMethod(), c.checkLists())
}

func (c Client) checkMethod() error {
	if len(c.JWKS) > 0 {
		if _, err := c.keys(); err != nil {
			return err
		}
	}
	fits := true
	switch c.AuthMethod {
	case "":
	case ByBasic, ByPost:
		fits = c.Secret != ""
	case ByPrivateKey:
		fits = len(c.JWKS) > 0
	case ByNothing:
		fits = c.Public
	default:
		return fmt.Errorf("client %q: unknown AuthMethod %q", c.ID, string(c.AuthMethod))
	}
	if !fits {
		return fmt.Errorf("client %q: it has nothing to authenticate with by %s", c.ID, c.AuthMethod)
	}
	return nil
}

func (c Client) checkLists() error {
	var errs []error
	for _, uri := range c.RedirectURIs {
		if err := checkRedirect(uri); err != nil {
			errs = append(errs, fmt.Errorf("client %q: %w", c.ID, err))
		}
	}
	for _, g := range c.Grants {
		if !slices.Contains(allGrants, g) {
			errs = append(errs, fmt.Errorf("client %q: unknown grant %q", c.ID, string(g)))
		}
		if c.Public && g == ClientCredentials {
			errs = append(errs, fmt.Errorf("client %q: client_credentials is for confidential clients (RFC 6749 §4.4)", c.ID))
		}
		if c.Public && g.onRequest() {
			errs = append(errs, fmt.Errorf("client %q: %s is for confidential clients", c.ID, g))
		}
		if !c.Public && g == JWTBearer && len(c.JWKS) == 0 {
			errs = append(errs, fmt.Errorf("client %q: %s is of no use without keys: set JWKS", c.ID, g))
		}
	}
	for _, scope := range c.Scopes {
		if err := CheckScope(scope); err != nil {
			errs = append(errs, fmt.Errorf("client %q: %w", c.ID, err))
		}
	}
	if c.RefreshTTL < 0 || c.CodeTTL < 0 {
		errs = append(errs, fmt.Errorf("client %q: a lifetime is negative", c.ID))
	}
	return errors.Join(errs...)
}

func (c Client) keys() (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.JWKS, &set); err != nil || len(set.Keys) == 0 {
		return set, fmt.Errorf("client %q: JWKS is no JSON Web Key Set with keys (RFC 7517 §5)", c.ID)
	}
	for _, key := range set.Keys {
		if !key.Valid() || !key.IsPublic() {
			return set, fmt.Errorf("client %q: JWKS has a key that is not public", c.ID)
		}
	}
	return set, nil
}

// may reports whether the client is allowed to use g.
func (c Client) may(g Grant) bool {
	if len(c.Grants) > 0 {
		return slices.Contains(c.Grants, g)
	}
	return !g.onRequest() && (g != ClientCredentials || !c.Public)
}

// isVisible is *VSCHAR of RFC 6749 §A.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// registered is a client as the server keeps it: it has the digest of a secret
// and not the secret.
type registered struct {
	Client
	Digest [sha256.Size]byte
	Keys   jose.JSONWebKeySet `json:"-"`
	// Itself is true for a client that nobody registered: what it first
	// authenticates with is what it authenticates with (see AllowUnregistered).
	Itself  bool
	Managed *managed `json:",omitempty"` // nil for a client that no request has registered
}

func newRegistered(c Client) (*registered, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r := &registered{Client: c, Digest: sha256.Sum256([]byte(c.Secret))}
	r.Secret = ""
	if len(c.JWKS) > 0 {
		var err error
		if r.Keys, err = c.keys(); err != nil {
			return nil, err
		}
	}
	return r, nil
}
