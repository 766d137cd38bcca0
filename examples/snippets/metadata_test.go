package snippets

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
)

func Example_metadata() {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com/v1",
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
		Origins:  []string{"https://api.example.com/v1"}, // where clients call the API
		Metadata: middleware.Metadata{Name: "Orders", Scopes: []string{"orders:read"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", httpauth.Require(v)(http.NotFoundHandler()))
	mux.Handle(v.Metadata())

	refusal, metadata := httptest.NewRecorder(), httptest.NewRecorder()
	mux.ServeHTTP(refusal, httptest.NewRequest("GET", "/orders", nil))
	mux.ServeHTTP(metadata, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource/v1", nil))
	fmt.Println(refusal.Header().Get("WWW-Authenticate"))
	fmt.Println(metadata.Body)
	// Output:
	// Bearer realm="https://api.example.com/v1", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/v1"
	// {"resource":"https://api.example.com/v1","authorization_servers":["https://login.example.com"],"scopes_supported":["orders:read"],"bearer_methods_supported":["header"],"resource_name":"Orders"}
}
