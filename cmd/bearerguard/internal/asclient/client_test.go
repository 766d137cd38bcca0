package asclient_test

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func TestAnInvalidIssuerIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		issuer   string
		insecure bool
		text     string
	}{
		"http beyond loopback": {"http://login.example.com", false, "must be an https URL"},
		"another scheme":       {"ftp://login.example.com", true, "must be an https URL"},
		"not a URL":            {"login", false, "must be an absolute URL"},
		"a query":              {"https://login.example.com?a=b", false, "must be an absolute URL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := asclient.Discover(t.Context(), asclient.Config{Issuer: tt.issuer, InsecureHTTP: tt.insecure})
			checkError(t, err, asclient.InvalidIssuer, "the issuer: "+tt.text)
		})
	}
}

func TestInvalidMetadataIsRefused(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"of another issuer":            {"issuer": "https://evil.example.com"},
		"without an issuer":            {"issuer": nil},
		"an endpoint that is a number": {"token_endpoint": 5},
		"keys at an http URL":          {"jwks_uri": "http://keys.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := asclient.Discover(t.Context(), asclient.Config{Issuer: newServer(t, changes, nil).URL})
			checkError(t, err, asclient.Metadata, "the metadata of the issuer: ")
		})
	}
	t.Run("a stopped server", func(t *testing.T) {
		server := newServer(t, nil, nil)
		server.Close()
		_, err := asclient.Discover(t.Context(), asclient.Config{Issuer: server.URL})
		checkError(t, err, asclient.Metadata, "the metadata of the issuer: connection failed")
	})
}

// requests contains a test case for each endpoint. A test case consists of the
// metadata member with the URL of the endpoint, and a function that sends a
// request to the endpoint.
var requests = map[string]struct {
	member string
	send   func(context.Context, *asclient.Client) error
}{
	"token": {"token_endpoint", func(ctx context.Context, c *asclient.Client) error {
		_, err := c.ClientCredentials(ctx, nil, nil)
		return err
	}},
	"token for a refresh token": {"token_endpoint", func(ctx context.Context, c *asclient.Client) error {
		_, err := c.Refresh(ctx, "r")
		return err
	}},
	"token for a user": {"token_endpoint", func(_ context.Context, c *asclient.Client) error {
		_, err := c.NewLogin(nil, nil, nil)
		return err
	}},
	"introspection": {"introspection_endpoint", func(ctx context.Context, c *asclient.Client) error {
		_, _, err := c.Introspect(ctx, "t", "")
		return err
	}},
	"revocation": {"revocation_endpoint", func(ctx context.Context, c *asclient.Client) error { return c.Revoke(ctx, "t", "") }},
	"userinfo": {"userinfo_endpoint", func(ctx context.Context, c *asclient.Client) error {
		_, err := c.UserInfo(ctx, "t")
		return err
	}},
	"authorization": {"authorization_endpoint", func(ctx context.Context, c *asclient.Client) error {
		l, err := c.NewLogin(nil, nil, nil)
		if err == nil {
			_, err = l.ByCode(ctx, "http://127.0.0.1:0/")
		}
		return err
	}},
	"device authorization": {"device_authorization_endpoint", func(ctx context.Context, c *asclient.Client) error {
		l, err := c.NewLogin(nil, nil, nil)
		if err == nil {
			_, err = l.ByDevice(ctx)
		}
		return err
	}},
}

func TestAMissingOrInsecureEndpointIsAnError(t *testing.T) {
	const token = "https://login.example.com/token" // never requested
	for name, tt := range requests {
		t.Run(name+" is missing", func(t *testing.T) {
			server := newServer(t, map[string]any{"token_endpoint": token, tt.member: nil}, nil)
			checkError(t, tt.send(t.Context(), discover(t, server.URL, "s")), asclient.Metadata, "the authorization server has no ")
		})
		t.Run(name+" is an http URL", func(t *testing.T) {
			server := newServer(t, map[string]any{"token_endpoint": token, tt.member: "http://login.example.com/"}, nil)
			checkError(t, tt.send(t.Context(), discover(t, server.URL, "s")), asclient.Metadata, "endpoint of the authorization server: must be an https URL")
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere := newServer(t, nil, map[string]http.HandlerFunc{"/": func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s got the token", r.URL.Path)
	}})
	redirect := http.RedirectHandler(elsewhere.URL+"/x", http.StatusTemporaryRedirect).ServeHTTP
	server := newServer(t, nil, map[string]http.HandlerFunc{"/token": redirect, "/introspection": redirect, "/revocation": redirect, "/userinfo": redirect})
	client := discover(t, server.URL, "s")
	for _, name := range []string{"token", "token for a refresh token", "introspection", "revocation", "userinfo"} {
		t.Run(name, func(t *testing.T) {
			checkError(t, requests[name].send(t.Context(), client), asclient.Refused, "the authorization server refuses with 307 Temporary Redirect")
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheTransportIsThatOfTheContext(t *testing.T) {
	server := newServer(t, nil, map[string]http.HandlerFunc{"/token": jsonAnswer(200, `{"access_token":"a"}`)})
	var requested []string
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		requested = append(requested, r.URL.Path)
		return http.DefaultTransport.RoundTrip(r)
	})
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
	client, err := asclient.Discover(ctx, asclient.Config{Issuer: server.URL, ID: "job", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ClientCredentials(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
	if len(requested) != 2 || requested[0] != discovery || requested[1] != "/token" {
		t.Errorf("got %q, want the metadata and the token endpoint", requested)
	}
}
