package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/metadata"
)

// clientFlags say which authorization server to ask, and as which client.
type clientFlags struct {
	issuer, id, secretFile string
	insecure               bool
}

func (f *clientFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.issuer, "issuer", "", "issuer `URL` of the authorization server (default $OAUTH_ISSUER)")
	flags.BoolVar(&f.insecure, "insecure-http", false, "allow http for hosts other than loopback ones: whoever sits between reads and forges all")
	noFiles(cmd, "issuer")
}

func (f *clientFlags) addClient(cmd *cobra.Command) {
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.id, "client-id", "", "`ID` of the client (default $OAUTH_CLIENT_ID)")
	flags.StringVar(&f.secretFile, "client-secret-file", "", "`file` with the secret of the client (default the secret in $OAUTH_CLIENT_SECRET, or none)")
	noFiles(cmd, "client-id")
}

// authServer is an authorization server, and who we are to it.
type authServer struct {
	endpoints
	http       *http.Client
	insecure   bool
	id, secret string
	hidden     []string // what no message may quote
}

// endpoints are the members of a metadata document that are of use here (RFC
// 8414 §2, OpenID Connect Discovery 1.0 §3, RFC 8628 §4, RFC 9207 §3).
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

// connectAs is connect for what a client alone may do.
func (f *clientFlags) connectAs(ctx context.Context) (*authServer, error) {
	id := cmp.Or(f.id, os.Getenv("OAUTH_CLIENT_ID"))
	if id == "" {
		return nil, usage("whose request is this? Give --client-id, or set OAUTH_CLIENT_ID")
	}
	secret, err := readSecret("client-secret-file", f.secretFile)
	if err != nil {
		return nil, err
	}
	s, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.id, s.secret = id, secret
	s.hide(secret)
	return s, nil
}

// connect reads the metadata of the authorization server.
func (f *clientFlags) connect(ctx context.Context) (*authServer, error) {
	issuer := cmp.Or(f.issuer, os.Getenv("OAUTH_ISSUER"))
	if issuer == "" {
		return nil, usage("which authorization server? Give --issuer, or set OAUTH_ISSUER")
	}
	if err := fetch.CheckIssuer(issuer, f.insecure); err != nil {
		return nil, usage("--issuer: %w", insecureHint(err))
	}
	s := &authServer{http: httpClient(ctx), insecure: f.insecure}
	_, text, err := metadata.Fetch(ctx, s.http, issuer, f.insecure)
	if err != nil {
		return nil, failure("the metadata of the issuer: %w", err)
	}
	if err := json.Unmarshal(text, &s.endpoints); err != nil {
		return nil, failure("the metadata of the issuer: %w", metadata.ErrDocument)
	}
	return s, nil
}

func (s *authServer) hide(secret string) {
	if secret != "" {
		s.hidden = append(s.hidden, secret)
	}
}

// at returns an endpoint that there must be.
func (s *authServer) at(what, url string) (string, error) {
	if url == "" {
		return "", failure("the authorization server has no %s endpoint", what)
	}
	if err := fetch.CheckURL(url, s.insecure); err != nil {
		return "", failure("the %s endpoint of the authorization server: %w", what, insecureHint(err))
	}
	return url, nil
}

// patience is how long one answer may take.
const patience = 30 * time.Second

// httpClient follows no redirect: what is sent is meant for one endpoint alone.
// Whoever calls may bring a client of their own in the way that package oauth2
// looks for it.
func httpClient(ctx context.Context) *http.Client {
	c := &http.Client{Timeout: patience}
	if given, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok {
		c.Transport = given.Transport
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// config is the client as package oauth2 wants it, which takes its HTTP client
// from the context.
func (s *authServer) config(ctx context.Context, scopes []string) (context.Context, *oauth2.Config) {
	return context.WithValue(ctx, oauth2.HTTPClient, s.http), &oauth2.Config{
		ClientID: s.id, ClientSecret: s.secret, Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: s.Authorization, TokenURL: s.Token, DeviceAuthURL: s.Device, AuthStyle: s.style(s.TokenAuth),
		},
	}
}

// style is how the client authenticates: by Basic, which every server must
// support (RFC 6749 §2.3.1), unless the server says that it does not, or there
// is no secret.
func (s *authServer) style(supported []string) oauth2.AuthStyle {
	if s.secret == "" || len(supported) > 0 && !slices.Contains(supported, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
