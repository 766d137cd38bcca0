package testserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// A program gets bound tokens with the library golang.org/x/oauth2 and the
// Transport of package dpop, and uses them at UserInfo and at an API.
func TestOAuth2LibraryWithDPoP(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{
		"HTTP": nil, "HTTPS": {testserver.TLS()}, "nonces": {testserver.DPoPNonces()}, "opaque tokens": {testserver.OpaqueTokens(), testserver.DPoPNonces()},
	} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, append(opts, testserver.Clients(testserver.Client{ID: "job", Secret: "s", RequireDPoP: true, RedirectURIs: []string{callback}}))...)
			transport := &dpop.Transport{Base: s.Client().Transport}
			ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
			jkt, err := transport.Thumbprint()
			if err != nil {
				t.Fatal(err)
			}
			api := boundAPI(t, s)
			use := func(token *oauth2.Token, urls ...string) {
				t.Helper()
				if token.TokenType != "DPoP" {
					t.Errorf("got the type %s, want DPoP", token.TokenType)
				}
				_, body := introspectionResponse(t, s, token.AccessToken)
				wantAll(t, body, `"cnf":{"jkt":"`+jkt+`"}`)
				for range 2 {
					for _, u := range urls {
						resp, err := oauth2.NewClient(ctx, oauth2.StaticTokenSource(token)).Get(u)
						if err != nil {
							t.Fatal(err)
						}
						resp.Body.Close()
						if resp.StatusCode != http.StatusOK {
							t.Errorf("%s: got %d %v", u, resp.StatusCode, resp.Header)
						}
					}
				}
			}
			for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInParams, oauth2.AuthStyleInHeader, oauth2.AuthStyleAutoDetect} {
				program := clientcredentials.Config{ClientID: "job", ClientSecret: "s", TokenURL: s.Endpoint(testserver.EndpointToken), AuthStyle: style}
				token, err := program.Token(ctx)
				if err != nil {
					t.Fatal(err)
				}
				use(token, api.URL)
			}
			web := oauth2.Config{
				ClientID: "test-public", RedirectURL: callback, Scopes: []string{"openid"},
				Endpoint: oauth2.Endpoint{
					AuthURL: s.Endpoint(testserver.EndpointAuthorize), TokenURL: s.Endpoint(testserver.EndpointToken), AuthStyle: oauth2.AuthStyleInParams,
				},
			}
			page := web.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("dpop_jkt", jkt))
			first, err := web.Exchange(ctx, s.Login(t, page).Query().Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			use(first, api.URL, s.Endpoint(testserver.EndpointUserInfo))
			next, err := web.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
			if err != nil {
				t.Fatal(err)
			}
			use(next, api.URL, s.Endpoint(testserver.EndpointUserInfo))
		})
	}
}

// boundAPI starts an API that accepts only tokens that are bound to a DPoP key.
func boundAPI(t *testing.T, s *testserver.Server) *httptest.Server {
	t.Helper()
	client, err := introspect.New(introspect.Config{
		Endpoint: s.Endpoint(testserver.EndpointIntrospect), Auth: introspect.Basic(s.DefaultClient().ID, s.DefaultClient().Secret), Client: s.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(api.Close)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Client: s.Client(), Origins: []string{api.URL}, Resource: api.URL, DPoP: &dpop.Policy{Required: true},
		Issuers: []middleware.Issuer{{URL: s.Issuer(), Introspection: client}},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = httpauth.Require(v)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return api
}
