package asclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
)

// Config selects the authorization server and the client.
type Config struct {
	Issuer       string
	InsecureHTTP bool   // allows http for hosts that are not on loopback
	ID           string // the client ID; may be "" only for UserInfo
	Secret       string // "" for a public client
}

// Client is a client of an authorization server. It is safe for concurrent use.
type Client struct {
	server     endpoints
	http       *http.Client
	insecure   bool
	id, secret string
	hidden     []string // secrets that no error may contain
}

// endpoints holds the metadata members that this package uses (RFC 8414 §2,
// OpenID Connect Discovery 1.0 §3, RFC 8628 §4, RFC 9207 §3).
type endpoints struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Introspection string   `json:"introspection_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	TokenAuth     []string `json:"token_endpoint_auth_methods_supported"`
	IntroAuth     []string `json:"introspection_endpoint_auth_methods_supported"`
	RevokeAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
}

// Discover fetches the metadata of the authorization server and returns a
// client for that server. The client sends all requests with the transport of
// the HTTP client that [HTTPClient] returns. Only requests for metadata and
// keys follow redirects, within one origin.
func Discover(ctx context.Context, config Config) (*Client, error) {
	if err := fetch.CheckIssuer(config.Issuer, config.InsecureHTTP); err != nil {
		return nil, &Error{InvalidIssuer, "the issuer", err}
	}
	c := &Client{http: HTTPClient(ctx), insecure: config.InsecureHTTP, id: config.ID, secret: config.Secret}
	_, text, err := metadata.Fetch(ctx, c.http, config.Issuer, config.InsecureHTTP)
	if err != nil {
		return nil, &Error{Metadata, "the metadata of the issuer", err}
	}
	if err := json.Unmarshal(text, &c.server); err != nil {
		return nil, &Error{Metadata, "the metadata of the issuer", metadata.ErrDocument}
	}
	return c.hiding(config.Secret), nil
}

// hiding returns a copy of the client that also keeps the given secrets out of
// its errors.
func (c *Client) hiding(secrets ...string) *Client {
	hiding := *c
	hiding.hidden = slices.Clip(hiding.hidden)
	for _, secret := range secrets {
		if secret != "" {
			hiding.hidden = append(hiding.hidden, secret)
		}
	}
	return &hiding
}

// checkEndpoint returns an error if an endpoint is missing or its URL is not
// allowed.
func (c *Client) checkEndpoint(name, url string) error {
	if url == "" {
		return &Error{Metadata, "", fmt.Errorf("the authorization server has no %s endpoint", name)}
	}
	if err := fetch.CheckURL(url, c.insecure); err != nil {
		return &Error{Metadata, "the " + name + " endpoint of the authorization server", err}
	}
	return nil
}

// config returns the configuration for package oauth2, and a context that
// contains the HTTP client for package oauth2.
func (c *Client) config(ctx context.Context, scopes []string) (context.Context, *oauth2.Config) {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http), &oauth2.Config{
		ClientID: c.id, ClientSecret: c.secret, Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: c.server.Authorization, TokenURL: c.server.Token, DeviceAuthURL: c.server.Device, AuthStyle: c.authStyle(c.server.TokenAuth),
		},
	}
}

// authStyle returns how the client authenticates. This is usually Basic, which
// every server must support (RFC 6749 §2.3.1). If the metadata excludes Basic
// or the client has no secret, the client sends its credentials in the form.
func (c *Client) authStyle(supported []string) oauth2.AuthStyle {
	if c.secret == "" || len(supported) > 0 && !slices.Contains(supported, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
