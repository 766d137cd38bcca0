package introspect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

func ExampleNew() {
	// This server acts as the authorization server. In production, the server's
	// URL must be https.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "orders-api" || secret != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"active":%v,"scope":"orders:read"}`, r.FormValue("token") == "2YotnFZFEjr1zCsicMWpAA")
	}))
	defer server.Close()

	client, err := introspect.New(introspect.Config{
		Endpoint: server.URL, // or set Issuer, whose metadata contains the endpoint
		Auth:     introspect.Basic("orders-api", "s3cret"),
		MaxTTL:   5 * time.Second, // a revoked token is accepted for at most this long
	})
	if err != nil {
		panic(err)
	}
	// Usually the client is set in a middleware.Issuer, and the verifier calls
	// Introspect.
	for _, token := range []string{"2YotnFZFEjr1zCsicMWpAA", "tGzv3JOkF0XG5Qx2TlKWIA"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active, string(answer.Claims))
	}
	// Output:
	// true {"active":true,"scope":"orders:read"}
	// false
}

func ExampleInsecureUserInfo() {
	// This server does not support introspection. Its endpoint is similar to
	// GitHub's /user.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"id":583231,"login":"octocat","site_admin":false}`)
	}))
	defer server.Close()

	client, err := introspect.InsecureUserInfo(introspect.Config{Endpoint: server.URL}, func(user map[string]any) map[string]any {
		id, ok := user["id"].(json.Number)
		if !ok {
			return nil // the token is not active
		}
		return map[string]any{"sub": id.String(), "scope": "profile:read"}
	})
	if err != nil {
		panic(err)
	}
	for _, token := range []string{"gho_16C7e42F292c6912E7710c838347Ae178B4a", "gho_expired"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active, string(answer.Claims))
	}
	// Output:
	// true {"active":true,"scope":"profile:read","sub":"583231"}
	// false
}

func ExampleGitHub() {
	// This server replaces https://api.github.com, the default Endpoint.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != `{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a"}` {
			w.WriteHeader(http.StatusNotFound) // GitHub's answer for invalid tokens and for tokens of other apps
			fmt.Fprint(w, `{"message":"Not Found"}`)
			return
		}
		fmt.Fprint(w, `{"app":{"client_id":"Iv1.8a61f9b3a7aba766"},"scopes":["repo"],"user":{"login":"octocat","id":583231}}`)
	}))
	defer server.Close()

	client, err := introspect.GitHub(introspect.Config{Endpoint: server.URL}, "Iv1.8a61f9b3a7aba766", "s3cret")
	if err != nil {
		panic(err)
	}
	// The verifier's audience is the client ID.
	for _, token := range []string{"gho_16C7e42F292c6912E7710c838347Ae178B4a", "gho_of_another_app"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active, string(answer.Claims))
	}
	// Output:
	// true {"active":true,"aud":["Iv1.8a61f9b3a7aba766"],"client_id":"Iv1.8a61f9b3a7aba766","scope":"repo","sub":"583231","username":"octocat"}
	// false
}

func ExampleGoogle() {
	// This server replaces https://oauth2.googleapis.com/tokeninfo, the default
	// Endpoint.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := map[string]string{"Bearer ya29.ours": "web", "Bearer ya29.theirs": "other"}[r.Header.Get("Authorization")]
		fmt.Fprintf(w, `{"azp":%q,"aud":%q,"sub":"110248495921238986420","scope":"openid","exp":"2000000000"}`, client, client)
	}))
	defer server.Close()

	client, err := introspect.Google(introspect.Config{Endpoint: server.URL}, "web", "android")
	if err != nil {
		panic(err)
	}
	for _, token := range []string{"ya29.ours", "ya29.theirs"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active, string(answer.Claims))
	}
	// Output:
	// true {"active":true,"aud":"web","client_id":"web","exp":2000000000,"scope":"openid","sub":"110248495921238986420"}
	// false
}

func ExampleCustom() {
	// This server describes sessions in a proprietary format.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Session") != "2YotnFZFEjr1zCsicMWpAA" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	defer server.Close()

	client, err := introspect.Custom(introspect.Config{}, func(ctx context.Context, token string) (map[string]any, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Session", token)
		response, err := http.DefaultTransport.RoundTrip(request) // RoundTrip does not follow redirects
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return map[string]any{"sub": "alice", "aud": "orders"}, nil
		case http.StatusGone:
			return nil, nil // the token is not active
		}
		return nil, errors.New("unexpected status") // the state of the token is unknown
	})
	if err != nil {
		panic(err)
	}
	for _, token := range []string{"2YotnFZFEjr1zCsicMWpAA", "tGzv3JOkF0XG5Qx2TlKWIA"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active, string(answer.Claims))
	}
	// Output:
	// true {"active":true,"aud":"orders","sub":"alice"}
	// false
}

// shared represents Redis or another store that several instances use.
type shared struct{ values sync.Map }

func (s *shared) Get(_ context.Context, key string) ([]byte, bool, error) {
	value, ok := s.values.Load(key)
	if !ok {
		return nil, false, nil
	}
	return value.([]byte), true, nil
}

func (s *shared) Set(_ context.Context, key string, value []byte, _ time.Duration) error {
	s.values.Store(key, value) // the client checks the expiry; a real store also deletes the value after ttl
	return nil
}

func ExampleCache() {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		fmt.Fprint(w, `{"active":true}`)
	}))
	defer server.Close()

	store := new(shared)
	for range 3 { // three instances of one program
		client, err := introspect.New(introspect.Config{Endpoint: server.URL, Auth: introspect.Basic("orders-api", "s3cret"), Cache: store})
		if err != nil {
			panic(err)
		}
		answer, err := client.Introspect(context.Background(), "2YotnFZFEjr1zCsicMWpAA")
		fmt.Println(answer.Active, err)
	}
	fmt.Println("requests:", requests)
	// Output:
	// true <nil>
	// true <nil>
	// true <nil>
	// requests: 1
}

// Set the client in a middleware.Issuer with IntrospectAll and VSCHAR. In the
// middleware.Config, set TokenHeader to X-Amzn-Oidc-Data.
func ExampleALB() {
	client, err := introspect.ALB(introspect.Config{Issuer: "https://idp.example.com"},
		"arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188", "client-id-of-the-load-balancer")
	if err != nil {
		panic(err)
	}
	answer, err := client.Introspect(context.Background(), "not-from-the-load-balancer")
	if err != nil {
		panic(err)
	}
	fmt.Println(client.Issuer(), answer.Active)
	// Output: https://idp.example.com false
}

// Doorkeeper also reports refresh tokens as active, but without token_type.
func ExampleConfig_requireTokenType() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("token") == "refresh" {
			fmt.Fprint(w, `{"active":true,"scope":"read"}`)
			return
		}
		fmt.Fprint(w, `{"active":true,"scope":"read","token_type":"Bearer"}`)
	}))
	defer server.Close()
	client, err := introspect.New(introspect.Config{Endpoint: server.URL, Auth: introspect.Basic("api", "secret"), RequireTokenType: true})
	if err != nil {
		panic(err)
	}
	for _, token := range []string{"access", "refresh"} {
		answer, err := client.Introspect(context.Background(), token)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.Active)
	}
	// Output:
	// true
	// false
}
