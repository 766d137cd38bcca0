package testserver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// claims reads a token without checking it, to show what is in it.
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

// In a test, t is the test's own, and the server closes when the test is over.
func ExampleNew() {
	t := new(testing.T)

	as := testserver.New(t, testserver.Audience("https://api.example.com"))
	defer as.Close() // not needed in a test

	resp, err := as.Client().Get(as.Endpoint(testserver.JWKS))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"))
	fmt.Println("asked for its keys:", as.Count(testserver.JWKS))
	// Output:
	// 200 OK application/jwk-set+json
	// asked for its keys: 1
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
	mux.ServeHTTP(rec, httptest.NewRequest("GET", as.Endpoint(testserver.Discovery), nil))
	fmt.Println(as.Endpoint(testserver.Discovery), rec.Code)
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

	// The new key is published, the old one still signs …
	next := as.Rotate(testserver.PublishFirst())
	fmt.Println(as.SigningKey().ID == old.ID)
	// … until now, …
	as.Rotate()
	fmt.Println(as.SigningKey().ID == next.ID)
	// … and when the last tokens of the old key have expired, it goes.
	as.Retire(old.ID)
	fmt.Println(strings.Contains(string(as.JWKS()), old.ID))
	// Output:
	// true
	// true
	// false
}

func ExampleSignedWith() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	// A key of the right name that is not the server's: the API must refuse this.
	forger := testserver.GenerateKey(testserver.ES256, as.SigningKey().ID)
	forged := as.Token(testserver.SignedWith(forger))
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
