package testserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"

	"github.com/bearerguard/bearerguard/testserver"
)

// Browsers and other containers reach the server under different host names.
// Discovery therefore lists one host for the authorization endpoint and a
// different host for the other endpoints.
func ExampleMetadata() {
	as, err := testserver.Start(context.Background(), testserver.Metadata(func(doc map[string]any) {
		doc["authorization_endpoint"] = "http://localhost:8080/authorize"
	}))
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()

	resp, err := as.Client().Get(as.Endpoint(testserver.EndpointDiscovery))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.68s…\n", doc)
	// Output: {"authorization_endpoint":"http://localhost:8080/authorize","authori…
}

// A custom handler can be put in front of every endpoint.
func ExampleHandler() {
	as, err := testserver.Start(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()
	as.Inject(testserver.EndpointAny, testserver.Handler(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}))

	resp, err := as.Client().Get(as.Endpoint(testserver.EndpointJWKS))
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header.Get("Access-Control-Allow-Origin"))
	// Output: 200 OK *
}

// Reset removes faults, but it does not remove a custom handler around the
// server.
func ExampleNewUnstarted_wrapped() {
	as, err := testserver.NewUnstarted(testserver.IssuerURL("http://as.example.com"))
	if err != nil {
		log.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		as.ServeHTTP(w, r)
	})

	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest("GET", as.Endpoint(testserver.EndpointJWKS), nil))
	fmt.Println(rec.Code, rec.Header().Get("Access-Control-Allow-Origin"))
	// Output: 200 *
}

// The hook changes only the first token response.
func ExampleServer_OnToken() {
	as, err := testserver.Start(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()

	var done atomic.Bool
	as.OnToken(func(_ *testserver.TokenRequest, answer *testserver.TokenResponse) error {
		if done.CompareAndSwap(false, true) {
			answer.Body["access_token"] = as.Token(testserver.With(testserver.Expired))
			answer.Body["expires_in"] = 0
		}
		return nil
	})

	client := as.DefaultClient()
	for range 2 {
		resp, err := as.Client().PostForm(as.Endpoint(testserver.EndpointToken), url.Values{
			"grant_type": {"client_credentials"}, "client_id": {client.ID}, "client_secret": {client.Secret},
		})
		if err != nil {
			log.Fatal(err)
		}
		var answer struct {
			ExpiresIn int `json:"expires_in"`
		}
		err = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("expires in", answer.ExpiresIn)
	}
	// Output:
	// expires in 0
	// expires in 900
}
