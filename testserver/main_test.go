package testserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childState); path != "" {
		child(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// recorder is a TB that records failures, so that a test can check them.
type recorder struct {
	testserver.TB
	cleanups []func()
	errors   []string
}

type fatal string

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}
func (r *recorder) Fatalf(f string, args ...any) { panic(fatal(fmt.Sprintf(f, args...))) }

func (r *recorder) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

// fatalText calls f and returns the message of the Fatalf call that ends f, or
// "" if f returns normally.
func fatalText(t *testing.T, f func(tb *recorder)) (text string) {
	t.Helper()
	tb := &recorder{TB: t}
	defer tb.finish()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fatal:
			text = string(r)
		default:
			panic(r)
		}
	}()
	f(tb)
	return ""
}

// get fetches u and returns the response and its whole body.
func get(t testing.TB, c *http.Client, u string) (*http.Response, []byte) {
	t.Helper()
	resp, err := c.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// getJSON fetches a JSON object.
func getJSON(t testing.TB, c *http.Client, u string) map[string]any {
	t.Helper()
	resp, body := get(t, c, u)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: got status %d, want 200", u, resp.StatusCode)
	}
	doc := map[string]any{}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("GET %s: %v", u, err)
	}
	return doc
}

func keySet(t testing.TB, jwks []byte) jose.JSONWebKeySet {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		t.Fatalf("reading the JWKS: %v", err)
	}
	return set
}

var allAlgs = []jose.SignatureAlgorithm{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384", "HS512",
}

// verified verifies a token and returns its header and claims. If a key is
// given, verified uses this key. Otherwise, it uses the published key that has
// the same kid as the token.
func verified(t testing.TB, s *testserver.Server, token string, key ...any) (jose.Header, map[string]any) {
	t.Helper()
	header, claims, err := verify(s.JWKS(), token, key...)
	if err != nil {
		t.Fatal(err)
	}
	return header, claims
}

func verify(jwks []byte, token string, key ...any) (jose.Header, map[string]any, error) {
	jws, err := jose.ParseSignedCompact(token, allAlgs)
	if err != nil {
		return jose.Header{}, nil, err
	}
	header := jws.Signatures[0].Protected
	if len(key) == 0 {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(jwks, &set); err != nil {
			return header, nil, err
		}
		found := set.Key(header.KeyID)
		if len(found) != 1 {
			return header, nil, fmt.Errorf("got %d published keys named %q, want 1", len(found), header.KeyID)
		}
		if found[0].Algorithm != header.Algorithm {
			return header, nil, fmt.Errorf("got alg %q in the JWKS, want %q", found[0].Algorithm, header.Algorithm)
		}
		key = []any{found[0].Key}
	}
	payload, err := jws.Verify(key[0])
	if err != nil {
		return header, nil, err
	}
	claims := map[string]any{}
	return header, claims, json.Unmarshal(payload, &claims)
}

// payload returns the claims of a token as unparsed JSON.
func payload(t testing.TB, token string) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, allAlgs)
	if err != nil {
		t.Fatal(err)
	}
	return string(jws.UnsafePayloadWithoutVerification())
}

func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got %q, want it to contain %q", text, part)
		}
	}
}

// dialTCP opens a TCP connection to s and sends nothing.
func dialTCP(t *testing.T, s *testserver.Server) net.Conn {
	t.Helper()
	_, host, _ := strings.Cut(s.Issuer(), "://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// lastRequest returns the latest request to ep, or false if ep has not received
// a request.
func lastRequest(s *testserver.Server, ep testserver.Endpoint) (testserver.Request, bool) {
	list := s.Requests(ep)
	if len(list) == 0 {
		return testserver.Request{}, false
	}
	return list[len(list)-1], true
}
