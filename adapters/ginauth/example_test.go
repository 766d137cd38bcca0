package ginauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bearerguard/bearerguard/adapters/ginauth"
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

	r := gin.New()
	orders := r.Group("/orders", ginauth.Require(v, scopes.All("orders:read")))
	orders.GET("", func(c *gin.Context) {
		c.String(http.StatusOK, "orders of %s", ginauth.Token(c).Subject)
	})
	orders.GET("/secret", ginauth.Require(v, scopes.Any("orders:secret", "admin")), func(c *gin.Context) {
		c.String(http.StatusOK, "secret orders")
	})

	token := []testserver.TokenOption{testserver.Scope("orders:read"), testserver.Subject("alice")}
	show(r, get("/orders"))
	show(r, as.Authorize(get("/orders"), token...))
	show(r, as.Authorize(get("/orders/secret"), token...))
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

	r := gin.New()
	r.GET("/", ginauth.Optional(v), func(c *gin.Context) {
		if token := ginauth.Token(c); token != nil {
			c.String(http.StatusOK, "hello, %s", token.Subject)
			return
		}
		c.String(http.StatusOK, "hello, stranger")
	})

	show(r, get("/"))
	show(r, as.Authorize(get("/"), testserver.Subject("alice")))
	show(r, as.Authorize(get("/"), testserver.Audience("another-api")))
	// Output:
	// 200 hello, stranger
	// 200 hello, alice
	// 401 {"error":"invalid_token","error_description":"token audience is not accepted"}
	//     Bearer realm="api", error="invalid_token", error_description="token audience is not accepted"
}

func ExampleToken() {
	as, v := setup()
	defer as.Close()

	r := gin.New()
	r.GET("/", ginauth.Require(v), func(c *gin.Context) {
		token := ginauth.Token(c)
		c.String(http.StatusOK, "%s by %s may pay: %v", token.Subject, token.ClientID, token.Scopes.Has("pay"))
	})

	show(r, as.Authorize(get("/"), testserver.Subject("alice"), testserver.ForClient("shop"), testserver.Scope("pay")))
	// Output: 200 alice by shop may pay: true
}

func ExampleGuard() {
	as, v := setup()
	defer as.Close()

	guard := ginauth.Guard{Verifier: v, ErrorBody: func(_ *http.Request, e *middleware.Error) (string, []byte) {
		body, _ := json.Marshal(map[string]any{"title": e.Description, "status": e.StatusCode()})
		return "application/problem+json", body
	}}
	r := gin.New()
	r.GET("/", guard.Require())
	show(r, get("/"))
	// Output:
	// 401 {"status":401,"title":"an access token is required"}
	//     Bearer realm="api"
}

func ExampleAnswer() {
	as, v := setup()
	defer as.Close()

	r := gin.New()
	r.DELETE("/orders/:id", ginauth.Require(v), func(c *gin.Context) {
		if c.Param("id") != "draft" { // deleting a draft requires no scope
			if err := v.Check(ginauth.Token(c), scopes.All("orders:delete")); err != nil {
				ginauth.Answer(c, err)
				return
			}
		}
		c.String(http.StatusOK, "deleted")
	})

	for _, path := range []string{"/orders/draft", "/orders/7"} {
		show(r, as.Authorize(httptest.NewRequest("DELETE", path, nil), testserver.Scope("orders:read")))
	}
	// Output:
	// 200 deleted
	// 403 {"error":"insufficient_scope","error_description":"token does not meet the requirements of this resource"}
	//     Bearer realm="api", error="insufficient_scope", error_description="token does not meet the requirements of this resource", scope="orders:delete"
}

// The application's own error middleware writes the body. The adapter still
// sets the status and the challenge.
func ExampleGuard_errors() {
	as, v := setup()
	defer as.Close()

	g := ginauth.Guard{Verifier: v, ErrorBody: func(*http.Request, *middleware.Error) (string, []byte) { return "", nil }}
	r := gin.New()
	r.Use(func(c *gin.Context) {
		c.Next()
		if len(c.Errors) > 0 {
			c.JSON(http.StatusInternalServerError, gin.H{"success": false, "message": c.Errors.Last().Error()})
		}
	})
	r.GET("/orders", g.Require(), func(c *gin.Context) { c.String(http.StatusOK, "orders") })

	show(r, get("/orders"))
	// Output:
	// 401 {"message":"bearerguard: an access token is required","success":false}
	//     Bearer realm="api"
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
	r := gin.New()
	r.Any(ginauth.Metadata(v))

	show(r, get("/.well-known/oauth-protected-resource/v1"))
	// Output:
	// 200 {"resource":"https://api.example.com/v1","authorization_servers":["https://login.example.com"],"scopes_supported":["orders:read","orders:write"],"bearer_methods_supported":["header"],"resource_name":"Orders"}
}
