package registry

import (
	"crypto/sha256"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Registered is a client as the server stores it, with a digest instead of the
// secret. A Registered is never changed in place.
type Registered struct {
	Client
	Digest [sha256.Size]byte
	Keys   jose.JSONWebKeySet `json:"-"`
	// Itself is true if the server registered the client when the client sent
	// its first request, and the client has not sent a secret yet. The first
	// secret that the client sends becomes the secret of the client (see
	// AllowUnregistered).
	Itself   bool
	Admitted bool     `json:",omitempty"` // registered by its first request; stays true when Itself becomes false
	Managed  *Managed `json:",omitempty"` // nil if not created by a registration request

	Edits []token.Edit `json:"-"` // changes to the client's access tokens
}

// Managed is the additional data of a client that was registered by a
// registration request.
type Managed struct {
	Token  token.Digest // the digest of the registration access token
	Issued int64        // client_id_issued_at
}

// NewRegistered validates a client and returns it as the server stores it.
func NewRegistered(c Client, edits ...token.Edit) (*Registered, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = copied(c)
	r := &Registered{Client: c, Digest: sha256.Sum256([]byte(c.Secret)), Edits: slices.Clone(edits)}
	r.Secret = ""
	if len(c.JWKS) > 0 {
		var err error
		if r.Keys, err = KeySet(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Copy returns a copy of the client as it was registered, without its secret.
func (c *Registered) Copy() Client { return copied(c.Client) }

func copied(c Client) Client {
	c.RedirectURIs, c.Grants, c.Scopes, c.JWKS = slices.Clone(c.RedirectURIs), slices.Clone(c.Grants), slices.Clone(c.Scopes), slices.Clone(c.JWKS)
	c.PostLogoutRedirectURIs = slices.Clone(c.PostLogoutRedirectURIs)
	return c
}

// May reports whether the client is allowed to use the grant g.
func (c *Registered) May(g catalogue.Grant) bool {
	if len(c.Grants) > 0 {
		return slices.Contains(c.Grants, g)
	}
	return !OnRequest(g) && (g != catalogue.ClientCredentials || !c.Public)
}

// By reports whether the client may authenticate with the given method. An
// empty AuthMethod allows every method except those with a certificate.
func (c *Registered) By(method catalogue.AuthMethod) bool {
	return c.AuthMethod == "" && !method.ByCertificate() || c.AuthMethod == method
}

// Redirects reports whether uri equals one of the client's redirect URIs byte
// for byte. Only the port of a loopback address may differ, because a native
// application does not know its port in advance (RFC 8252 §7.3).
func (c *Registered) Redirects(uri string) bool { return hasURI(c.RedirectURIs, uri) }

// LogsOutTo reports whether a logout may redirect to uri.
func (c *Registered) LogsOutTo(uri string) bool {
	if len(c.PostLogoutRedirectURIs) == 0 {
		return slices.Contains(c.RedirectURIs, uri)
	}
	return hasURI(c.PostLogoutRedirectURIs, uri)
}

func hasURI(list []string, uri string) bool {
	return slices.ContainsFunc(list, func(own string) bool { return own == uri || sameLoopback(own, uri) })
}
