package echoauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/bearerguard/bearerguard/adapters/echoauth"
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

	e := echo.New()
	orders := e.Group("/orders", echoauth.Require(v, scopes.All("orders:read")))
	orders.GET("", func(c echo.Context) error {
		return c.String(http.StatusOK, "orders of "+echoauth.Token(c).Subject)
	})
	orders.GET("/secret", func(c echo.Context) error {
		return c.String(http.StatusOK, "secret orders")
	}, echoauth.Require(v, scopes.Any("orders:secret", "admin")))

	token := []testserver.TokenOption{testserver.Scope("orders:read"), testserver.Subject("alice")}
	show(e, get("/orders"))
	show(e, as.Authorize(get("/orders"), token...))
	show(e, as.Authorize(get("/orders/secret"), token...))
	// Output:
	// 401 {"error_description":"an access token is required"}
	//     Bearer realm="api", scope="orders:read"
	// 200 orders of alice
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="orders:read orders:secret"
}

func ExampleOptional() {
	as, v := setup()
	defer as.Close()

	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		if token := echoauth.Token(c); token != nil {
			return c.String(http.StatusOK, "hello, "+token.Subject)
		}
		return c.String(http.StatusOK, "hello, stranger")
	}, echoauth.Optional(v))

	show(e, get("/"))
	show(e, as.Authorize(get("/"), testserver.Subject("alice")))
	show(e, as.Authorize(get("/"), testserver.Audience("another-api")))
	// Output:
	// 200 hello, stranger
	// 200 hello, alice
	// 401 {"error":"invalid_token","error_description":"token audience is not accepted"}
	//     Bearer realm="api", error="invalid_token", error_description="token audience is not accepted"
}

func ExampleToken() {
	as, v := setup()
	defer as.Close()

	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		token := echoauth.Token(c)
		return c.String(http.StatusOK, fmt.Sprint(token.Subject, " by ", token.ClientID, " may pay: ", token.Scopes.Has("pay")))
	}, echoauth.Require(v))

	show(e, as.Authorize(get("/"), testserver.Subject("alice"), testserver.ForClient("shop"), testserver.Scope("pay")))
	// Output: 200 alice by shop may pay: true
}

func ExampleGuard() {
	as, v := setup()
	defer as.Close()

	guard := echoauth.Guard{Verifier: v, ErrorBody: func(_ *http.Request, e *middleware.Error) (string, []byte) {
		body, _ := json.Marshal(map[string]any{"title": e.Description, "status": e.StatusCode()})
		return "application/problem+json", body
	}}
	e := echo.New()
	e.GET("/", echo.NotFoundHandler, guard.Require())
	show(e, get("/"))
	// Output:
	// 401 {"status":401,"title":"an access token is required"}
	//     Bearer realm="api"
}

func ExampleAnswer() {
	as, v := setup()
	defer as.Close()

	e := echo.New()
	e.DELETE("/orders/:id", func(c echo.Context) error {
		if c.Param("id") != "draft" { // deleting a draft requires no scope
			if err := v.Check(echoauth.Token(c), scopes.All("orders:delete")); err != nil {
				return echoauth.Answer(c, err)
			}
		}
		return c.String(http.StatusOK, "deleted")
	}, echoauth.Require(v))

	for _, path := range []string{"/orders/draft", "/orders/7"} {
		show(e, as.Authorize(httptest.NewRequest("DELETE", path, nil), testserver.Scope("orders:read")))
	}
	// Output:
	// 200 deleted
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="orders:delete"
}

func ExampleMetadata() {
	const origin = "https://api.example.com/v1"
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: origin,
		Origins:  []string{origin},
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Metadata: middleware.Metadata{Name: "Orders", Scopes: []string{"orders:read", "orders:write"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	e := echo.New()
	e.Any(echoauth.Metadata(v))

	show(e, get("/.well-known/oauth-protected-resource/v1"))
	// Output:
	// 200 {"resource":"https://api.example.com/v1","authorization_servers":["https://login.example.com"],"scopes_supported":["orders:read","orders:write"],"bearer_methods_supported":["header"],"resource_name":"Orders"}
}
