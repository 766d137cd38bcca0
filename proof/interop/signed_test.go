package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// This test does not use examples/api, because examples/api has no environment
// variables for private_key_jwt (RFC 7523) and signed introspection responses
// (RFC 9701).
func TestSignedAnswersAndPrivateKeyJWTOfOIDCProvider(t *testing.T) {
	as := startAuthServer(t)
	types := &mediaTypes{next: http.DefaultTransport}
	introspection := newIntrospection(t, as, types, as.key(t))
	r := &run{T: t, as: as, api: serve(t, as, introspection)}
	defer r.print()

	r.opaqueAccepted()
	r.opaqueRefused()
	r.opaqueRevoked(0)
	r.opaqueExpired()
	r.introspectionStopped()
	types.assertAll(t, "application/token-introspection+jwt; charset=utf-8")

	as.rotate(t) // the next introspection response is signed with a new key
	r.poll(rotationTimeout, call{what: "opaque, the new key", route: "GET /items", token: r.opaque("items:read"), status: 200, body: items})
}

func TestOIDCProviderRefusesAssertionsOfAnotherKey(t *testing.T) {
	as := startAuthServer(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	introspection := newIntrospection(t, as, http.DefaultTransport, other)
	if _, err := introspection.Introspect(t.Context(), as.opaque(t, audience, "items:read", "")); !errors.Is(err, introspect.ErrCredentials) {
		t.Errorf("got %v, want ErrCredentials", err)
	}
	r := &run{T: t, as: as, api: serve(t, as, introspection)}
	defer r.print()
	r.check(call{what: "opaque, with an assertion signed by another key", route: "GET /items", token: r.opaque("items:read"), status: 503, err: "temporarily_unavailable"})
}

func TestAnswersSignedByAnotherServerAreRefused(t *testing.T) {
	as, another := startAuthServer(t), startAuthServer(t)
	introspection := newIntrospection(t, as, http.DefaultTransport, as.key(t), func(c *introspect.Config) { c.Keys = discover(t, another) })
	r := &run{T: t, as: as, api: serve(t, as, introspection)}
	defer r.print()
	r.check(call{what: "opaque, with an answer signed by a key that is not trusted", route: "GET /items", token: r.opaque("items:read"), status: 503, err: "temporarily_unavailable"})
}

const items = `{"items":["anvil","bellows"]}`

// key returns the key with which the API authenticates.
func (as *authServer) key(t *testing.T) crypto.Signer {
	t.Helper()
	block, _ := pem.Decode([]byte(as.SignedKey))
	if block == nil {
		t.Fatal("signed_key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*ecdsa.PrivateKey)
}

func discover(t *testing.T, as *authServer) jwks.Source {
	t.Helper()
	keys, err := jwks.Discover(as.Issuer, jwks.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newIntrospection returns a client that does not cache responses, so that
// every request causes an introspection request.
func newIntrospection(t *testing.T, as *authServer, transport http.RoundTripper, key crypto.Signer, changes ...func(*introspect.Config)) *introspect.Client {
	t.Helper()
	config := introspect.Config{
		Issuer: as.Issuer, Auth: introspect.PrivateKeyJWT(as.SignedID, "", "ES256", key), Keys: discover(t, as),
		Client: &http.Client{Transport: transport}, MaxTTL: -1, Logger: slog.New(slog.DiscardHandler),
	}
	for _, change := range changes {
		change(&config)
	}
	introspection, err := introspect.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return introspection
}

// serve runs an API in this process with the given introspection client. The
// API has the routes of examples/api that these tests need.
func serve(t *testing.T, as *authServer, introspection *introspect.Client) *api {
	t.Helper()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: audience, Issuers: []middleware.Issuer{{URL: as.Issuer, Introspection: introspection}}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, names := httpauth.Token(r), []string{}
		for name := range token.Scopes.All() {
			names = append(names, name)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"sub": token.Subject, "client_id": token.ClientID, "iss": token.Issuer, "scopes": names})
	})))
	mux.Handle("GET /items", httpauth.Require(v, scopes.All("items:read"))(write(items)))
	mux.Handle("POST /items", httpauth.Require(v, scopes.All("items:write"))(write(`{"status":"ok"}`)))
	mux.Handle("GET /admin", httpauth.Require(v, scopes.All("items:read", "items:write", "admin"))(write(`{"status":"ok"}`)))
	mux.Handle("GET /healthz", write(`{"status":"ok"}`))
	server := httptest.NewUnstartedServer(mux)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return newAPI(t, server.URL)
}

// mediaTypes counts the media types of introspection responses.
type mediaTypes struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen map[string]int
}

func (m *mediaTypes) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.seen == nil {
			m.seen = make(map[string]int)
		}
		m.seen[resp.Header.Get("Content-Type")]++
	}
	return resp, err
}

// assertAll checks that all introspection responses had the given media type.
func (m *mediaTypes) assertAll(t *testing.T, want string) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) != 1 || m.seen[want] == 0 {
		t.Errorf("got introspection responses with the media types %v, want only %s", m.seen, want)
	}
}
