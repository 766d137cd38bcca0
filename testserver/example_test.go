package testserver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// claims decodes a token without verifying it.
func claims(token string) (c struct {
	Sub, Scope string
	Aud        any
	Iat, Exp   int64
}) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// New takes the *testing.T of a test and closes the server when the test ends.
func ExampleNew() {
	t := new(testing.T)

	as := testserver.New(t, testserver.Audience("https://api.example.com"))
	defer as.Close() // in a test, New closes the server

	resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	fmt.Println("requests for the keys:", as.Count(testserver.EndpointJWKS))
	// Output:
	// 200 OK application/jwk-set+json
	// requests for the keys: 1
}

func ExampleStart() {
	as, err := testserver.Start(context.Background(), testserver.TLS())
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()

	fmt.Println(strings.HasPrefix(as.Issuer(), "https://127.0.0.1:"))
	// Output: true
}

func ExampleNewUnstarted() {
	as, err := testserver.NewUnstarted(testserver.IssuerURL("https://example.com/auth"))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", as)

	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest("GET", as.Endpoint(testserver.EndpointDiscovery), nil))
	fmt.Println(as.Endpoint(testserver.EndpointDiscovery), rec.Code)
	// Output: https://example.com/auth/.well-known/openid-configuration 200
}

func ExampleServer_Token() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	good := claims(as.Token(testserver.Subject("alice"), testserver.Scope("orders:read", "orders:write")))
	fmt.Println(good.Sub, good.Aud, good.Scope, good.Exp-good.Iat)

	expired := claims(as.Token(testserver.ExpiresIn(-time.Minute)))
	fmt.Println(expired.Exp - expired.Iat)
	// Output:
	// alice api orders:read orders:write 300
	// -60
}

// A claim can be nested, as in tokens from Keycloak.
func ExampleClaim() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	issued, err := as.Mint(
		testserver.Claim("/realm_access/roles", []string{"admin"}),
		testserver.Claim("/realm_access/other", true))
	fmt.Println(issued.Claims["realm_access"], err)
	// Output: map[other:true roles:[admin]] <nil>
}

func ExampleServer_Authorize() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	req := httptest.NewRequest("GET", "/orders", nil)
	as.Authorize(req, testserver.Scope("orders:read"))

	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	fmt.Println(scheme, claims(token).Scope)
	// Output: Bearer orders:read
}

func ExampleServer_Rotate() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	old := as.SigningKey()

	// The new key is published, but the old key still signs.
	next := as.Rotate(testserver.Rotation{PublishFirst: true})
	fmt.Println(as.SigningKey().ID == old.ID)
	// The next rotation makes the new key sign.
	as.Rotate()
	fmt.Println(as.SigningKey().ID == next.ID)
	// When all tokens signed with the old key have expired, remove the key.
	as.Retire(old.ID)
	fmt.Println(strings.Contains(string(as.JWKS()), old.ID))
	// Output:
	// true
	// true
	// false
}

// A cache in front of the server still serves the old key set after a rotation.
// A real test would use a verifier instead of the published function.
func ExampleServer_FreezeJWKS() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	published := func(kid string) bool {
		resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			log.Fatal(err)
		}
		return strings.Contains(string(body), kid)
	}

	thaw := as.FreezeJWKS()
	next := as.Rotate()
	fmt.Println("signs:", as.SigningKey().ID == next.ID)
	fmt.Println("published while frozen:", published(next.ID))
	thaw()
	fmt.Println("published after thaw:", published(next.ID))
	// Output:
	// signs: true
	// published while frozen: false
	// published after thaw: true
}

func ExampleSignedWith() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	// The key has the right kid, but it is not the server's key. The API must
	// refuse the token.
	attackerKey := testserver.GenerateKey("ES256", as.SigningKey().ID)
	forged := as.Token(testserver.SignedWith(attackerKey))
	fmt.Println(claims(forged).Sub)
	// Output: test-user
}

func ExampleSeed() {
	mint := func() string {
		as := testserver.New(new(testing.T), testserver.InMemory(), testserver.Seed("golden"),
			testserver.Clock(func() time.Time { return time.Unix(1_700_000_000, 0) }))
		defer as.Close()
		return as.Token()
	}
	first, again := mint(), mint()
	fmt.Println(first == again)
	// Output: true
}

// An API introspects opaque tokens. A real test of revocation would use a
// verifier instead of the active function.
func ExampleOpaqueTokens() {
	as := testserver.New(new(testing.T))
	defer as.Close()
	client := as.DefaultClient() // the API authenticates as this client
	active := func(token string) string {
		resp, err := as.Client().PostForm(as.Endpoint(testserver.EndpointIntrospect), url.Values{
			"token": {token}, "client_id": {client.ID}, "client_secret": {client.Secret},
		})
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct {
			Active     bool
			Sub, Scope string
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			log.Fatal(err)
		}
		return fmt.Sprintf("%+v", answer)
	}

	token := as.Token(testserver.OpaqueTokens(), testserver.Subject("alice"), testserver.Scope("orders:read"))
	fmt.Println(active(token))
	fmt.Println("revoked:", as.Revoke(token))
	fmt.Println(active(token))
	// Output:
	// {Active:true Sub:alice Scope:orders:read}
	// revoked: true
	// {Active:false Sub: Scope:}
}

// SetIntrospection sets the response for a token. The response can be one that
// every API must refuse.
func ExampleServer_SetIntrospection() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	as.SetIntrospection("a-token-of-long-ago", map[string]any{"active": "true"}) // active must be a boolean

	resp, err := as.Client().PostForm(as.Endpoint(testserver.EndpointIntrospect), url.Values{
		"token": {"a-token-of-long-ago"}, "client_id": {"test-client"}, "client_secret": {"test-secret"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
	requests := as.Requests(testserver.EndpointIntrospect)
	last := requests[len(requests)-1]
	fmt.Println(last.ClientID, "introspected", last.Form.Get("token"))
	// Output:
	// {"active":"true"}
	// test-client introspected babe9eaf0d177797
}
