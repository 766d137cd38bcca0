package interop_test

import (
	"encoding/json"
	"maps"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/go-jose/go-jose/v4"
)

// These tests run the JavaScript client libraries over plain HTTP and over TLS.
// clients/flows.mjs defines the flows, and wantOfClients contains the expected
// results.
func TestOpenIDClient(t *testing.T) { testClient(t, "openid-client.mjs") }
func TestOAuth4WebAPI(t *testing.T) { testClient(t, "oauth4webapi.mjs") }

func testClient(t *testing.T, script string) {
	for _, transport := range []string{"HTTP", "TLS"} {
		t.Run(transport, func(t *testing.T) {
			s := newSetup(t, transport == "TLS")
			got := s.run(t, script)
			for _, name := range slices.Sorted(maps.Keys(s.want)) {
				t.Run(name, func(t *testing.T) { same(t, got[name], s.want[name]) })
			}
			if len(got) != len(s.want) {
				t.Errorf("got %d flows, want %d", len(got), len(s.want))
			}
		})
	}
}

func same(t *testing.T, got json.RawMessage, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the expected result is not JSON: %v", err)
	}
	if err := json.Unmarshal(got, &g); err != nil || !reflect.DeepEqual(g, w) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// setup is the configuration of the scripts, in JSON. want contains the
// expected result of each flow.
type setup struct {
	Issuer    string                     `json:"issuer"`
	Device    string                     `json:"device"` // an issuer whose clock advances with each poll
	Paths     map[string]string          `json:"paths"`  // issuers that have a path
	Algs      map[testserver.Alg]string  `json:"algs"`   // an issuer for each signing algorithm
	OddID     string                     `json:"oddID"`
	OddSecret string                     `json:"oddSecret"`
	Tokens    map[string]string          `json:"tokens"` // tokens whose exchange must be refused
	Keys      map[string]jose.JSONWebKey `json:"keys"`   // private keys of the clients named signs-ALG

	roots []byte
	want  map[string]string
}

var (
	signingAlgs = []testserver.Alg{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
		"ES256", "ES384", "ES512", "EdDSA",
	}
	// assertionAlgs maps the algorithm names of the libraries to the names of
	// testserver. The libraries use the name Ed25519 of RFC 9864 for EdDSA.
	assertionAlgs = map[string]testserver.Alg{"RS256": "RS256", "PS256": "PS256", "ES256": "ES256", "Ed25519": "EdDSA"}
)

func newSetup(t *testing.T, secure bool) *setup {
	t.Helper()
	s := &setup{
		OddID: oddID, OddSecret: oddSecret,
		Paths: map[string]string{}, Algs: map[testserver.Alg]string{}, Keys: map[string]jose.JSONWebKey{}, want: map[string]string{},
	}
	start := func(opts ...testserver.Option) *testserver.Server {
		if secure {
			opts = append(opts, testserver.TLS())
		}
		as := testserver.New(t, opts...)
		as.DenyNext("access_denied", testserver.FromClient("refuses"), testserver.Times(1))
		s.roots = append(s.roots, as.CACertPEM()...)
		return as
	}
	as := start(testserver.Clients(s.clients(t)...), testserver.Registration(), testserver.AuthorizationDetailTypes("payment", "account"))
	s.Issuer = as.Issuer()
	s.Tokens = map[string]string{
		"expired": as.Token(testserver.ExpiresIn(-time.Minute)), "unsigned": as.Token(testserver.With(testserver.AlgNone)),
		"bobMayAct": as.Token(testserver.Claim("may_act", map[string]string{"sub": "bob"})),
	}
	for name, want := range wantOfClients {
		s.want[name] = strings.NewReplacer("ISSUER", s.Issuer, "ODD", oddID).Replace(want)
	}

	device := start()
	device.OnToken(func(_ *testserver.TokenRequest, answer *testserver.TokenResponse) error {
		if answer.Body["error"] == "authorization_pending" {
			device.Advance(5 * time.Second)
		}
		return nil
	})
	s.Device = device.Issuer()

	for _, alg := range signingAlgs {
		s.Algs[alg] = start(testserver.SigningAlg(alg)).Issuer()
		s.want["signatures, "+string(alg)] = `{"sub":"test-user"}`
	}
	for name, path := range paths {
		as, root := underPath(t, path, secure)
		s.Paths[name], s.roots = as.Issuer(), append(s.roots, root...)
		s.want["discovery, "+name] = strings.ReplaceAll(`["PATH","test-user","PATH","test-user"]`, "PATH", as.Issuer())
	}
	return s
}

// clients returns the clients to register: a client with unusual credentials,
// clients that authenticate with a key, and a client for token exchange. It
// stores the private keys in s.Keys.
func (s *setup) clients(t *testing.T) []testserver.Client {
	t.Helper()
	clients := []testserver.Client{{ID: oddID, Secret: oddSecret, RedirectURIs: []string{callback}}}
	for name, alg := range assertionAlgs {
		key := testserver.GenerateKey(alg, name)
		s.Keys[name] = jose.JSONWebKey{Key: key.Private, KeyID: key.ID, Algorithm: name, Use: "sig"}
		public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Private.Public(), KeyID: key.ID, Algorithm: name, Use: "sig"}}})
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, testserver.Client{ID: "signs-" + name, JWKS: public, RedirectURIs: []string{callback}})
		if name == "ES256" {
			clients = append(clients, testserver.Client{ID: "asserting", JWKS: public, Grants: []testserver.Grant{testserver.JWTBearer}, Scopes: []string{"a", "b"}})
		}
	}
	clients = append(clients, testserver.Client{ID: "gateway", Secret: "gateway-secret", Grants: []testserver.Grant{testserver.TokenExchange}})
	return clients
}

// run runs a script and returns the result of each flow.
func (s *setup) run(t *testing.T, script string) map[string]json.RawMessage {
	t.Helper()
	return runClient(t, script, s, "NODE_EXTRA_CA_CERTS="+write(t, s.roots))
}

// runClient runs a script with setup as JSON in the environment variable SETUP.
// The script prints a JSON object. runClient returns its members.
func runClient(t *testing.T, script string, setup any, env ...string) map[string]json.RawMessage {
	t.Helper()
	text, err := json.Marshal(setup)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), nodeFor(t, "clients"), script)
	cmd.Dir = "clients"
	cmd.Env = append([]string{"SETUP=" + string(text)}, env...)
	var results map[string]json.RawMessage
	if line := start(t, cmd, func() error { return nil }); json.Unmarshal([]byte(line), &results) != nil { // nothing to stop: the script exits by itself
		t.Fatalf("%s: want one line of JSON, got %s", script, line)
	}
	return results
}
