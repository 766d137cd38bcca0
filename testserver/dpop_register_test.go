package testserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// A client that is registered with dpop_bound_access_tokens gets only bound
// tokens.
func TestRequireDPoP(t *testing.T) {
	key := testserver.GenerateKey("ES256", "")
	for name, opt := range map[string]testserver.Option{
		"by an option": testserver.Clients(testserver.Client{ID: "job", Secret: "s", RequireDPoP: true}),
		"by a file":    fromFile(`{"clients":[{"id":"job","secret":"s","dpop_bound_access_tokens":true}]}`),
	} {
		t.Run(name, func(t *testing.T) { wantDPoP(t, testserver.New(t, opt), key, "job", "s") })
	}

	t.Run("by registration", func(t *testing.T) {
		s := testserver.New(t, testserver.Registration())
		const metadata = `"grant_types":["client_credentials"]`
		r := registerClient(t, s, `{"dpop_bound_access_tokens":true,`+metadata+`}`)
		if r.body["dpop_bound_access_tokens"] != true {
			t.Errorf("got %v, want dpop_bound_access_tokens", r.body)
		}
		wantDPoP(t, s, key, r.text("client_id"), r.text("client_secret"))
		if got := sendRegistration(t, s, "GET", r.text("registration_client_uri"), "", "DPoP "+r.text("registration_access_token")); got.status != http.StatusUnauthorized {
			t.Errorf("got %d for a registration access token under DPoP, want 401", got.status)
		}
		if next := manage(t, s, "PUT", r, `{"client_id":"`+r.text("client_id")+`",`+metadata+`}`); next.status != http.StatusOK || next.body["dpop_bound_access_tokens"] != nil {
			t.Errorf("got %d %v, want the metadata replaced", next.status, next.body)
		}
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {r.text("client_id")}, "client_secret": {r.text("client_secret")}}
		wantBound(t, s, prove(t, s, noKey, testserver.EndpointToken, form), noKey)
		wantError(t, register(t, s, `{"dpop_bound_access_tokens":"yes",`+metadata+`}`), 400, "invalid_client_metadata")
	})

	t.Run("by the control API", func(t *testing.T) {
		c := newControlAPI(t)
		created := c.send("POST", "/v1/clients", `{"id":"job","secret":"s","dpop_bound_access_tokens":true}`).Body.String()
		for _, text := range []string{created, c.send("GET", "/v1/clients/job", "").Body.String()} {
			wantAll(t, text, `"dpop_bound_access_tokens":true`)
		}
		if text := c.send("GET", "/v1/clients/test-client", "").Body.String(); strings.Contains(text, "dpop") {
			t.Errorf("got %s, want no requirement for other clients", text)
		}
		wantDPoP(t, c.Server, key, "job", "s")
	})
}

// wantDPoP checks that a client gets tokens only with a proof.
func wantDPoP(t *testing.T, s *testserver.Server, key testserver.Key, id, secret string) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	wantRefusal(t, prove(t, s, noKey, testserver.EndpointToken, form), "invalid_dpop_proof", "the client is registered for tokens that are bound to a DPoP key, and the request has no proof")
	wantBound(t, s, prove(t, s, key, testserver.EndpointToken, form), key)
}

func TestDPoPInMetadata(t *testing.T) {
	if got := strings.Join(member(t, testserver.New(t), "dpop_signing_alg_values_supported"), " "); got != "ES256 ES384 ES512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA Ed25519" {
		t.Errorf("got %s", got)
	}
	if doc := getJSONOf(t, testserver.New(t, testserver.IssuerURL("https://as.example"), testserver.Disable(testserver.EndpointToken)), testserver.EndpointDiscovery); doc["dpop_signing_alg_values_supported"] != nil {
		t.Errorf("got %v without the token endpoint, want no algorithms", doc["dpop_signing_alg_values_supported"])
	}
}
