package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// start starts a mock authorization server and returns it with a Verifier for
// its tokens.
func start() (*testserver.Server, *middleware.Verifier) {
	as, err := testserver.Start(context.Background())
	if err != nil {
		panic(err)
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return as, v
}

func ExampleNewVerifier() {
	_, err := middleware.NewVerifier(middleware.Config{
		Issuers:   []middleware.Issuer{{URL: "http://login.example.com", Algorithms: []string{"none"}}},
		ClockSkew: time.Hour,
	})
	fmt.Println(err)
	// Output:
	// bearerguard: ClockSkew must be at most 5m0s: if the clocks differ by more, correct the clocks
	// bearerguard: Issuers[0]: URL: must be an https URL (http is allowed only for loopback addresses, or with InsecureHTTP)
	// bearerguard: Issuers[0]: the audience is missing: set Config.Audience or the issuer's Audiences
	// bearerguard: Issuers[0]: algorithm "none" is not supported
}

func ExampleVerifier_Verify() {
	as, v := start()
	defer as.Close()
	ctx := context.Background()

	token, err := v.Verify(ctx, middleware.Credentials{Token: as.Token(testserver.Subject("alice"))})
	fmt.Println(token.Subject, err)

	_, err = v.Verify(ctx, middleware.Credentials{Token: as.Token(testserver.ExpiresIn(-time.Hour))})
	fmt.Println(errors.Is(err, middleware.ErrExpired), err)
	// Output:
	// alice <nil>
	// true bearerguard: token is expired
}

func ExampleVerifier_Authorize() {
	as, v := start()
	defer as.Close()

	// This is how an adapter applies the decision.
	handler := func(w http.ResponseWriter, r *http.Request) {
		authorized, err := v.Authorize(w.Header(), r, scopes.All("orders:read"))
		var refusal *middleware.Error
		if errors.As(err, &refusal) {
			http.Error(w, refusal.Description, refusal.StatusCode())
			return
		}
		fmt.Fprint(w, "orders of ", middleware.TokenFrom(authorized.Context()).Subject)
	}
	for _, scope := range []string{"orders:read", "profile"} {
		w := httptest.NewRecorder()
		handler(w, as.Authorize(httptest.NewRequest(http.MethodGet, "/orders", http.NoBody), testserver.Scope(scope)))
		fmt.Printf("%d %q\n", w.Code, w.Header()["Www-Authenticate"])
	}
	// Output:
	// 200 []
	// 403 ["Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"token does not meet the requirements of this resource\", scope=\"orders:read\""]
}

func ExampleVerifier_Check() {
	as, v := start()
	defer as.Close()
	token, err := v.Verify(context.Background(), middleware.Credentials{Token: as.Token(testserver.Scope("orders:read"))})
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Check(token, scopes.All("orders:read")))
	fmt.Println(v.Check(token, scopes.All("orders:write")))
	// Output:
	// <nil>
	// bearerguard: token does not meet the requirements of this resource
}

func ExampleVerifier_Explain() {
	as, v := start()
	defer as.Close()
	token := as.Token(testserver.Audience("another-api"))

	made, err := v.Explain(context.Background(), middleware.Credentials{Token: token}, scopes.All("orders:read"))
	for _, step := range made {
		if step.Outcome == middleware.Refused {
			fmt.Printf("%s: %v\n  want %s\n  got  %s\n", step.Name, step.Err, step.Expected, step.Found)
		}
	}
	fmt.Println(err)
	// Output:
	// audience: token audience is not accepted
	//   want "api"
	//   got  "another-api"
	// bearerguard: token audience is not accepted
}

// A proof contains the URL at which the client calls the API. In this example,
// a proxy removes a prefix from the path. The prefix is missing in Origins, so
// the API expects another URL than the URL in the proof.
func ExampleVerifier_Explain_proof() {
	as, err := testserver.Start(context.Background())
	if err != nil {
		panic(err)
	}
	defer as.Close()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Origins:  []string{"https://api.example.com"},
		Resource: "https://api.example.com",
		DPoP:     new(dpop.Policy),
	})
	if err != nil {
		panic(err)
	}
	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key))

	made, err := v.Explain(context.Background(), middleware.Credentials{
		Token:  token,
		Scheme: "DPoP",
		Method: http.MethodGet,
		URL:    "/orders", // the path at the API; the proxy has stripped /shop
		Proofs: testserver.Proof(key, http.MethodGet, "https://api.example.com/shop/orders", token),
	})
	for _, step := range made {
		if step.Outcome == middleware.Refused {
			fmt.Printf("%s\n  want %s\n  got  %s\n", step.Name, step.Expected, step.Found)
		}
	}
	fmt.Println(errors.Is(err, middleware.ErrProofRequest))
	// Output:
	// proof URL
	//   want "https://api.example.com/orders"
	//   got  "https://api.example.com/shop/orders": does a proxy in front of the API strip or add a part of the path? Origins must contain the path that it strips
	// true
}

func ExampleClaimsAs() {
	as, v := start()
	defer as.Close()
	token, err := v.Verify(context.Background(), middleware.Credentials{Token: as.Token(testserver.Claim("tenant", "acme"))})
	if err != nil {
		panic(err)
	}
	type claims struct {
		Tenant string `json:"tenant"`
	}
	custom, err := middleware.ClaimsAs[claims](token)
	fmt.Println(custom.Tenant, err)
	// Output: acme <nil>
}

func ExampleWithToken() {
	greet := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello ", middleware.TokenFrom(r.Context()).Subject)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	w := httptest.NewRecorder()
	greet(w, r.WithContext(middleware.WithToken(r.Context(), &middleware.Token{Subject: "alice"})))
	fmt.Println(w.Body)
	// Output: hello alice
}

func ExampleVerifier_Metadata() {
	const origin = "https://api.example.com/v1"
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: origin,
		Origins:  []string{origin},
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Metadata: middleware.Metadata{Name: "Orders", Scopes: []string{"orders:read", "orders:write"}},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle(v.Metadata())

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/oauth-protected-resource/v1", http.NoBody))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 {"resource":"https://api.example.com/v1","authorization_servers":["https://login.example.com"],"scopes_supported":["orders:read","orders:write"],"bearer_methods_supported":["header"],"resource_name":"Orders"}
}
