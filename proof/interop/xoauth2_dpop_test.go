package interop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// keyHolder is an HTTP client with a new DPoP key. If golang.org/x/oauth2 uses
// this client, the tokens are bound to the key.
type keyHolder struct {
	*http.Client
	thumbprint string
	sent       http.Header // the header of the most recent request
}

func newKeyHolder(t *testing.T) *keyHolder {
	t.Helper()
	h := new(keyHolder)
	transport := &dpop.Transport{Base: roundTrip(func(r *http.Request) (*http.Response, error) {
		h.sent = r.Header.Clone()
		return http.DefaultTransport.RoundTrip(r)
	})}
	var err error
	if h.thumbprint, err = transport.Thumbprint(); err != nil {
		t.Fatal(err)
	}
	h.Client = &http.Client{Transport: transport}
	return h
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestXOAuth2BindsTokensOfOIDCProvider tests dpop.Transport with
// golang.org/x/oauth2. oidc-provider binds the tokens to keys. Both
// oidc-provider and the API require nonces.
func TestXOAuth2BindsTokensOfOIDCProvider(t *testing.T) {
	as := startAuthServer(t)
	api := startAPI(t, buildAPI(t), "ISSUER="+as.Issuer, "AUDIENCE="+audience, "DPOP_NONCES=1",
		"INTROSPECTION_CLIENT_ID="+as.APIID, "INTROSPECTION_CLIENT_SECRET="+as.APISecret)
	for format, resource := range map[string]string{"JWT": audience + "?alg=ES256", "opaque": audience + "?opaque"} {
		t.Run(format+", client credentials", func(t *testing.T) {
			config := clientcredentials.Config{
				ClientID: as.ClientID, ClientSecret: as.ClientSecret, TokenURL: as.TokenEndpoint, AuthStyle: oauth2.AuthStyleInHeader,
				Scopes: []string{"items:read"}, EndpointParams: url.Values{"resource": {resource}},
			}
			holder := newKeyHolder(t)
			token, err := config.Token(withClient(t, holder.Client))
			if err != nil {
				t.Fatal(err)
			}
			assertBound(t, api, holder, token)
		})
		t.Run(format+", code and refresh", func(t *testing.T) {
			config := &oauth2.Config{
				ClientID: "program", RedirectURL: callback, Scopes: []string{"openid", "offline_access", "items:read"},
				Endpoint: oauth2.Endpoint{AuthURL: as.Issuer + "/auth", TokenURL: as.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams},
			}
			holder, other := newKeyHolder(t), newKeyHolder(t)
			verifier := oauth2.GenerateVerifier()
			page := config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("resource", resource),
				oauth2.SetAuthURLParam("prompt", "consent"), oauth2.SetAuthURLParam("dpop_jkt", holder.thumbprint))
			redeem := func(client *http.Client) (*oauth2.Token, error) {
				return config.Exchange(withClient(t, client), codeOf(t, newBrowser(t), page), oauth2.VerifierOption(verifier))
			}
			_, err := redeem(other.Client)
			assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
			_, err = redeem(http.DefaultClient)
			assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
			token, err := redeem(holder.Client)
			if err != nil {
				t.Fatal(err)
			}
			assertBound(t, api, holder, token)

			refresh := func(client *http.Client) (*oauth2.Token, error) {
				return config.TokenSource(withClient(t, client), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			}
			_, err = refresh(other.Client)
			assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
			_, err = refresh(http.DefaultClient)
			assertRefused(t, err, http.StatusBadRequest, "invalid_grant")
			next, err := refresh(holder.Client)
			if err != nil {
				t.Fatal(err)
			}
			assertBound(t, api, holder, next)
		})
	}
}

// newBrowser returns an HTTP client that keeps cookies and does not follow the
// authorization server's redirect to the callback of the OAuth client.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	cookies, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: cookies, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// codeOf opens a page in a browser. The answer must redirect to the client,
// with a code. codeOf returns this code.
func codeOf(t *testing.T, browser *http.Client, page string) string {
	t.Helper()
	resp, err := browser.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil || !back.Query().Has("code") {
		t.Fatalf("got %s to %v, %v, want a code", resp.Status, back, err)
	}
	return back.Query().Get("code")
}

// assertBound checks that only the holder can use the token at the API.
func assertBound(t *testing.T, api *api, holder *keyHolder, token *oauth2.Token) {
	t.Helper()
	if token.TokenType != "DPoP" {
		t.Errorf("got token_type %s, want DPoP", token.TokenType)
	}
	items := func(client *http.Client, header http.Header) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.url+"/items", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(req.Header, header)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct{ Error string }
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", answer.Error))
	}
	dpopToken := http.Header{"Authorization": {"DPoP " + token.AccessToken}}
	for _, test := range []struct {
		what   string
		client *http.Client
		header func() http.Header
		want   string
	}{
		{"the holder", holder.Client, func() http.Header { return dpopToken }, "200"},
		{"the request of the holder, sent again", http.DefaultClient, func() http.Header { return holder.sent }, "401 invalid_dpop_proof"},
		{"the holder, once more", holder.Client, func() http.Header { return dpopToken }, "200"},
		{"another key", newKeyHolder(t).Client, func() http.Header { return dpopToken }, "401 invalid_token"},
		{"no proof", http.DefaultClient, func() http.Header { return dpopToken }, "401 invalid_dpop_proof"},
		{"Bearer", http.DefaultClient, func() http.Header { return http.Header{"Authorization": {"Bearer " + token.AccessToken}} }, "401 invalid_token"},
	} {
		if got := items(test.client, test.header()); got != test.want {
			t.Errorf("%s: got %s, want %s", test.what, got, test.want)
		}
	}
}
