package interop_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"golang.org/x/oauth2"
)

const (
	callback = "http://127.0.0.1:4711/callback"

	// oddID and oddSecret contain characters that RFC 6749 §2.3.1 requires to
	// be form-encoded in Basic credentials.
	oddID     = "https://client.example.com:8443/a b"
	oddSecret = `:+% &=?#"\~/` + "`'"
)

// flow is a test against the mock authorization server.
type flow struct {
	name string
	run  func(*testing.T, *testserver.Server)
}

// overBoth runs each flow over plain HTTP and over TLS, each time with a new
// server.
func overBoth(t *testing.T, flows []flow, opts ...testserver.Option) {
	t.Helper()
	for _, f := range flows {
		t.Run(f.name, func(t *testing.T) {
			t.Run("HTTP", func(t *testing.T) { f.run(t, testserver.New(t, opts...)) })
			t.Run("TLS", func(t *testing.T) { f.run(t, testserver.New(t, append(opts, testserver.TLS())...)) })
		})
	}
}

// reach returns a context for golang.org/x/oauth2 with an HTTP client. The
// client connects to the server over a socket, as other programs do. Over TLS,
// it trusts only the server's root certificate.
func reach(t *testing.T, as *testserver.Server) context.Context {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	if root := as.CACertPEM(); root != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(root) {
			t.Fatal("CACertPEM is not a certificate")
		}
	}
	return withClient(t, &http.Client{Transport: transport})
}

func withClient(t *testing.T, c *http.Client) context.Context {
	return context.WithValue(t.Context(), oauth2.HTTPClient, c)
}

// newConfig returns the configuration of a client for golang.org/x/oauth2.
func newConfig(as *testserver.Server, id, secret string, style oauth2.AuthStyle) *oauth2.Config {
	authURL, tokenURL := as.Endpoint(testserver.EndpointAuthorize), as.Endpoint(testserver.EndpointToken)
	return &oauth2.Config{
		ClientID: id, ClientSecret: secret, RedirectURL: callback, Scopes: []string{"openid", "email", "orders:read"},
		Endpoint: oauth2.Endpoint{AuthURL: authURL, TokenURL: tokenURL, DeviceAuthURL: as.Endpoint(testserver.EndpointDeviceAuthorization), AuthStyle: style},
	}
}

func publicConfig(as *testserver.Server) *oauth2.Config {
	return newConfig(as, "test-public", "", oauth2.AuthStyleInParams)
}

// login gets tokens with the code flow and PKCE.
func login(ctx context.Context, t *testing.T, as *testserver.Server, config *oauth2.Config, more ...oauth2.AuthCodeOption) *oauth2.Token {
	t.Helper()
	verifier := oauth2.GenerateVerifier()
	back := as.Login(t, config.AuthCodeURL("s", append(more, oauth2.S256ChallengeOption(verifier))...)).Query()
	token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("got %v, want tokens", err)
	}
	return token
}

// assertRefused checks that the client received the status, the error code and
// a description.
func assertRefused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response.StatusCode != status || refused.ErrorCode != code || refused.ErrorDescription == "" {
		t.Errorf("got %v, want %d %s with a description", err, status, code)
	}
}

// get sends a request to the UserInfo endpoint, which these tests use as an
// API, and returns the status.
func get(t *testing.T, as *testserver.Server, c *http.Client) int {
	t.Helper()
	resp, err := c.Get(as.Endpoint(testserver.EndpointUserInfo))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// paths maps descriptions to paths of issuers that are not at the root of their
// host.
var paths = map[string]string{"an issuer with a path": "/tenants/one", "an issuer that ends in a slash": "/tenants/two/"}

// underPath starts a server whose issuer URL has a path. root is the
// certificate that clients must trust, or nil without TLS.
func underPath(t *testing.T, path string, secure bool) (as *testserver.Server, root []byte) {
	t.Helper()
	mounted := httptest.NewUnstartedServer(nil)
	at := url.URL{Scheme: "http", Host: mounted.Listener.Addr().String(), Path: path}
	begin := mounted.Start
	if secure {
		at.Scheme, begin = "https", mounted.StartTLS
	}
	as, err := testserver.NewUnstarted(testserver.IssuerURL(at.String()))
	if err != nil {
		t.Fatal(err)
	}
	mounted.Config.Handler = as
	begin()
	t.Cleanup(mounted.Close)
	if secure {
		root = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mounted.Certificate().Raw})
	}
	return as, root
}
