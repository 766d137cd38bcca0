package registry

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Client is a client that is registered with the server (RFC 6749 §2). Printed
// or logged it shows only its ID.
type Client struct {
	ID     string // printable ASCII, colons and spaces included
	Secret string `json:"-"` // printable ASCII; "" for a public client
	Public bool   // it cannot keep a secret (RFC 6749 §2.1), so it needs PKCE and may not introspect

	// RedirectURIs are compared byte for byte, except for the port of 127.0.0.1,
	// [::1] and localhost, which may be any (RFC 8252 §7.3). They are also where
	// a logout may lead. None means those of the default clients.
	RedirectURIs []string

	// PostLogoutRedirectURIs are where a logout may lead, compared like RedirectURIs
	// (OpenID Connect RP-Initiated Logout 1.0 §3.1). None means the RedirectURIs, to
	// the letter.
	PostLogoutRedirectURIs []string `json:",omitempty"`

	Grants []catalogue.Grant // none means all that fit, except token exchange and jwt-bearer
	Scopes []string          // none means all of the server's

	AuthMethod catalogue.AuthMethod // "" means all that fit
	JWKS       []byte               // public keys, for private_key_jwt and jwt-bearer
	Name       string               `json:",omitzero"` // for people, "" for the ID
	RequirePAR bool                 `json:",omitzero"` // it may only push its authorization requests (RFC 9126 §6)
	Algs       catalogue.ClientAlgs `json:",omitzero"` // the zero value has the defaults

	// How long its refresh tokens and codes are good; 0 means as long as the
	// server's. A state file does not keep them.
	RefreshTTL, CodeTTL time.Duration `json:"-"`
}

// String names the client without showing its secret.
func (c Client) String() string { return fmt.Sprintf("client %q", c.ID) }

// GoString is String, for %#v.
func (c Client) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// OnRequest reports whether g makes tokens about somebody who is not asked. A
// client has such a grant only if its registration says so.
func OnRequest(g catalogue.Grant) bool {
	return g == catalogue.TokenExchange || g == catalogue.JWTBearer
}

// DefaultClients are the clients of every server. They are stated in the
// documentation of package testserver.
func DefaultClients() []Client {
	return []Client{
		{ID: token.DefaultClient, Secret: "test-secret", RedirectURIs: LoopbackRedirects(), PostLogoutRedirectURIs: loopbackLogouts()},
		{ID: "test-public", Public: true, RedirectURIs: LoopbackRedirects(), PostLogoutRedirectURIs: loopbackLogouts()},
	}
}

// LoopbackRedirects are the redirect URIs of clients that name none.
func LoopbackRedirects() []string {
	return []string{"http://127.0.0.1/callback", "http://localhost/callback", "http://[::1]/callback"}
}

// loopbackLogouts are where the logouts of the default clients may lead: the root
// of an application on loopback, and its callback.
func loopbackLogouts() (uris []string) {
	for _, origin := range loopbacks {
		for _, path := range [...]string{"", "/", "/callback"} {
			uris = append(uris, origin+path)
		}
	}
	return uris
}

// check reports a client that cannot be registered.
func (c Client) check() error {
	switch {
	case c.ID == "":
		return errors.New("a client has no ID")
	case !IsVisible(c.ID) || !IsVisible(c.Secret):
		return fmt.Errorf("client %q: ID and Secret are printable ASCII (RFC 6749 §A.1, §A.2)", c.ID)
	case c.Public && c.Secret != "":
		return fmt.Errorf("client %q: a public client keeps no secret (RFC 6749 §2.1): take its secret away, or do not make it public", c.ID)
	case c.Public && (len(c.JWKS) > 0 || c.AuthMethod != "" && c.AuthMethod != catalogue.NoAuth):
		return fmt.Errorf("client %q: a public client does not authenticate: leave out JWKS and AuthMethod, or Public", c.ID)
	case !c.Public && c.Secret == "" && len(c.JWKS) == 0:
		return fmt.Errorf("client %q: a confidential client has a secret: set Secret, JWKS or Public", c.ID)
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
	fits := true
	switch c.AuthMethod {
	case "":
	case catalogue.ClientSecretBasic, catalogue.ClientSecretPost:
		fits = c.Secret != ""
	case catalogue.PrivateKeyJWT:
		fits = len(c.JWKS) > 0
	case catalogue.NoAuth:
		fits = c.Public
	default:
		return fmt.Errorf("client %q: unknown AuthMethod %q", c.ID, string(c.AuthMethod))
	}
	if !fits {
		needs := map[catalogue.AuthMethod]string{catalogue.PrivateKeyJWT: "give it a JWKS", catalogue.NoAuth: "make it public"}
		return fmt.Errorf("client %q: it has nothing to authenticate with by %s: %s", c.ID, c.AuthMethod, cmp.Or(needs[c.AuthMethod], "give it a secret"))
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
	for _, g := range c.Grants {
		if !slices.Contains(catalogue.Grants, g) {
			errs = append(errs, fmt.Errorf("client %q: unknown grant %q", c.ID, string(g)))
		}
		if c.Public && g == catalogue.ClientCredentials {
			errs = append(errs, fmt.Errorf("client %q: client_credentials is for confidential clients (RFC 6749 §4.4)", c.ID))
		}
		if c.Public && OnRequest(g) {
			errs = append(errs, fmt.Errorf("client %q: %s is for confidential clients", c.ID, g))
		}
		if !c.Public && g == catalogue.JWTBearer && len(c.JWKS) == 0 {
			errs = append(errs, fmt.Errorf("client %q: %s is of no use without keys: give the client a JWKS", c.ID, g))
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

// KeySet reads the JWKS of a client, public keys only.
func KeySet(c Client) (jose.JSONWebKeySet, error) {
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
