package testserver

import (
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// Issued is what [Server.Mint] returns. Printed it shows its fingerprint alone.
type Issued struct {
	Access  string
	Refresh string // "" if the client gets none
	ID      string // "" without the scope openid

	Claims      map[string]any // of the access token, whether it tells them or not
	Expiry      time.Time      // zero if the access token has no exp
	Fingerprint string         // of the access token, as in [Event]
}

// String names the tokens without showing them.
func (i Issued) String() string { return "tokens " + i.Fingerprint }

// GoString is String, for %#v.
func (i Issued) GoString() string { return i.String() }

// Mint is [Server.Token] with all that the token endpoint would have given: a
// refresh token, if the client may use it, and an ID token for the scope openid.
// The client must be a registered one for that: see [ForClient].
func (s *Server) Mint(opts ...TokenOption) (Issued, error) {
	m, err := s.as.MintGrant(editBy(opts))
	if err != nil {
		return Issued{}, fmt.Errorf("testserver.Mint: %w", err)
	}
	return Issued{
		Access: m.Access, Refresh: m.Refresh, ID: m.ID, Claims: m.Claims, Expiry: m.Expiry, Fingerprint: as.Fingerprint(m.Access),
	}, nil
}

// IDToken returns an ID token (OpenID Connect Core 1.0 §2) of test-user for
// test-client, unless [Subject], [ForClient] and [Claim] say otherwise. It is no
// access token, and no endpoint of the server takes it for one.
func (s *Server) IDToken(opts ...TokenOption) string {
	s.helper()
	t, err := s.as.MintID(editBy(opts))
	if err != nil {
		s.fail("IDToken: %v", err)
	}
	return t
}

func editBy(opts []TokenOption) as.Edit {
	return func(d *as.Draft) {
		for i, o := range opts {
			if o == nil {
				d.Fail(fmt.Errorf("option %d is nil: leave it out", i+1))
				continue
			}
			o.applyToken(d)
		}
	}
}

// ForUser makes u the subject of a token: see [Subject].
func ForUser(u User) TokenOption { return Subject(u.Sub) }

// APIClient is base with a fresh [Server.Token] in every request, for calls to an
// API under test; a nil base is [Server.Client].
func (s *Server) APIClient(base *http.Client, opts ...TokenOption) *http.Client {
	if base == nil {
		base = s.client
	}
	client := *base
	next := base.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	client.Transport = authorized{next, s, opts}
	return &client
}

type authorized struct {
	http.RoundTripper
	s    *Server
	opts []TokenOption
}

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := a.s.mint(a.opts)
	if err != nil { // no place to end a test: this is any goroutine
		return nil, fmt.Errorf("testserver: APIClient: %w", err)
	}
	r = r.Clone(r.Context()) // a RoundTripper must not change its request
	r.Header.Set("Authorization", "Bearer "+token)
	return a.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections is for [http.Client.CloseIdleConnections].
func (a authorized) CloseIdleConnections() {
	(&http.Client{Transport: a.RoundTripper}).CloseIdleConnections()
}

// RoundTripper is the transport of [Server.Client].
func (s *Server) RoundTripper() http.RoundTripper { return s.client.Transport }

// OAuth2Endpoint are the URLs of an oauth2.Endpoint.
func (s *Server) OAuth2Endpoint() (authURL, tokenURL string) {
	s.helper()
	return s.Endpoint(Authorize), s.Endpoint(TokenEP)
}

// Env tells a program about the server, for the Env of an exec.Cmd. Endpoints
// that are disabled are left out.
//
//	OAUTH_ISSUER OAUTH_CLIENT_ID OAUTH_CLIENT_SECRET
//	OAUTH_AUTHORIZATION_ENDPOINT OAUTH_TOKEN_ENDPOINT OAUTH_INTROSPECTION_ENDPOINT OAUTH_JWKS_URI
func (s *Server) Env() []string {
	c := s.DefaultClient()
	env := []string{"OAUTH_ISSUER=" + s.Issuer(), "OAUTH_CLIENT_ID=" + c.ID, "OAUTH_CLIENT_SECRET=" + c.Secret}
	for _, v := range []struct {
		name string
		ep   Endpoint
	}{
		{"OAUTH_AUTHORIZATION_ENDPOINT", Authorize},
		{"OAUTH_TOKEN_ENDPOINT", TokenEP},
		{"OAUTH_INTROSPECTION_ENDPOINT", Introspect},
		{"OAUTH_JWKS_URI", JWKS},
	} {
		if u, ok := s.as.URL(as.Endpoint(v.ep)); ok {
			env = append(env, v.name+"="+u)
		}
	}
	return env
}
