package httpauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// setup starts a mock authorization server. It returns the server and a
// Verifier for the server's tokens. A real API configures the Verifier for its
// own authorization server.
func setup() (*testserver.Server, *middleware.Verifier) {
	as, err := testserver.Start(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	return as, v
}

func get(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

// show sends a request to an API and prints the response.
func show(api http.Handler, r *http.Request) {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, r)
	fmt.Println(rec.Code, strings.TrimSpace(rec.Body.String()))
	if challenge := rec.Header().Get("WWW-Authenticate"); challenge != "" {
		fmt.Println("   ", challenge)
	}
}

func ExampleRequire() {
	as, v := setup()
	defer as.Close()

	read := httpauth.Require(v, scopes.All("orders:read"))
	mux := http.NewServeMux()
	mux.Handle("GET /orders", read(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "orders of ", httpauth.Token(r).Subject)
	})))

	show(mux, get("/orders"))
	show(mux, as.Authorize(get("/orders"), testserver.Scope("profile")))
	show(mux, as.Authorize(get("/orders"), testserver.Scope("orders:read"), testserver.Subject("alice")))
	// Output:
	// 401 {"error_description":"an access token is required"}
	//     Bearer realm="api", scope="orders:read"
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="orders:read"
	// 200 orders of alice
}

func ExampleOptional() {
	as, v := setup()
	defer as.Close()

	api := httpauth.Optional(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := httpauth.Token(r); token != nil {
			fmt.Fprint(w, "hello, ", token.Subject)
			return
		}
		fmt.Fprint(w, "hello, stranger")
	}))

	show(api, get("/"))
	show(api, as.Authorize(get("/"), testserver.Subject("alice")))
	show(api, as.Authorize(get("/"), testserver.Audience("another-api")))
	// Output:
	// 200 hello, stranger
	// 200 hello, alice
	// 401 {"error":"invalid_token","error_description":"token audience is not accepted"}
	//     Bearer realm="api", error="invalid_token", error_description="token audience is not accepted"
}

func ExampleToken() {
	as, v := setup()
	defer as.Close()

	api := httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := httpauth.Token(r)
		fmt.Fprint(w, token.Subject, " by ", token.ClientID, " may pay: ", token.Scopes.Has("pay"))
	}))

	show(api, as.Authorize(get("/"), testserver.Subject("alice"), testserver.ForClient("shop"), testserver.Scope("pay")))
	// Output: 200 alice by shop may pay: true
}

func ExampleGuard() {
	as, v := setup()
	defer as.Close()

	guard := httpauth.Guard{Verifier: v, ErrorBody: func(_ *http.Request, e *middleware.Error) (string, []byte) {
		body, _ := json.Marshal(map[string]any{"title": e.Description, "status": e.StatusCode()})
		return "application/problem+json", body
	}}
	show(guard.Require()(http.NotFoundHandler()), get("/"))
	// Output:
	// 401 {"status":401,"title":"an access token is required"}
	//     Bearer realm="api"
}

func ExampleAnswer() {
	as, v := setup()
	defer as.Close()

	mux := http.NewServeMux()
	mux.Handle("DELETE /orders/{id}", httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != "draft" { // deleting a draft requires no scope
			if err := v.Check(httpauth.Token(r), scopes.All("orders:delete")); err != nil {
				httpauth.Answer(w, r, err)
				return
			}
		}
		fmt.Fprint(w, "deleted")
	})))

	for _, path := range []string{"/orders/draft", "/orders/7"} {
		show(mux, as.Authorize(httptest.NewRequest("DELETE", path, nil), testserver.Scope("orders:read")))
	}
	// Output:
	// 200 deleted
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="orders:delete"
}

// ownTenant is a requirement: the tenant in the path of the request must equal
// the tenant claim of the token.
type ownTenant struct{}

func (ownTenant) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if e.Request != nil && e.Request.PathValue("tenant") != "" {
		if tenant, _ := e.Claim("/tenant"); tenant == e.Request.PathValue("tenant") {
			return nil
		}
	}
	return &scopes.Shortfall{}
}

// A program can define its own requirement. The requirement in this example
// depends on the path of the request.
func ExampleRequire_tenant() {
	as, v := setup()
	defer as.Close()

	mux := http.NewServeMux()
	mux.Handle("GET /{tenant}/orders", httpauth.Require(v, scopes.All("orders:read"), ownTenant{})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "orders of ", r.PathValue("tenant"))
	})))

	for _, path := range []string{"/acme/orders", "/other/orders"} {
		show(mux, as.Authorize(get(path), testserver.Scope("orders:read"), testserver.Claim("tenant", "acme")))
	}
	// Output:
	// 200 orders of acme
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource"
}
