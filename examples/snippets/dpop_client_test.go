package snippets

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestBoundClient(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	proofs := &dpop.Transport{Key: key}
	thumbprint, err := proofs.Thumbprint()
	if err != nil {
		t.Fatal(err)
	}
	as := testserver.New(t)
	var requests, unproven int
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests++; len(r.Header.Values("DPoP")) != 1 {
			unproven++
		}
		w.Header().Set("Content-Type", "application/json")
		token := as.Token(testserver.Claim("cnf", map[string]any{"jkt": thumbprint}), testserver.Subject("alice"))
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"DPoP","expires_in":60}`, token)
	}))
	t.Cleanup(tokens.Close)
	api := httptest.NewUnstartedServer(nil)
	origin := "http://" + api.Listener.Addr().String()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: as.Issuer()}}, Origins: []string{origin}, Resource: origin,
		DPoP: &dpop.Policy{Required: true, Nonces: dpop.NewNonces(make([]byte, 32), time.Minute)},
	})
	if err != nil {
		t.Fatal(err)
	}
	api.Config.Handler = httpauth.Require(v)(http.HandlerFunc(whoami))
	api.Start()
	t.Cleanup(api.Close)

	client := boundClient(t.Context(), clientcredentials.Config{
		ClientID: "service", ClientSecret: "secret", TokenURL: tokens.URL, AuthStyle: oauth2.AuthStyleInHeader,
	}, key)
	for range 2 {
		resp, err := client.Get(origin)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || string(body) != "alice" {
			t.Errorf("got %d %s, want 200 alice", resp.StatusCode, body)
		}
	}
	if requests != 1 || unproven != 0 {
		t.Errorf("got %d token requests, %d without a proof, want one with a proof", requests, unproven)
	}

	page, err := loginPage(&oauth2.Config{Endpoint: oauth2.Endpoint{AuthURL: "https://login.example.com/authorize"}}, proofs, "some-state", oauth2.GenerateVerifier())
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(page); err != nil || u.Query().Get("dpop_jkt") != thumbprint {
		t.Errorf("got the login %s, want dpop_jkt=%s", page, thumbprint)
	}
}
