// Orders is a protected API in one file. README.md shows this program.
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func main() {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "https://api.example.com", // the aud of tokens for your API
		Issuers:  []middleware.Issuer{{URL: "https://login.example.com"}},
	})
	if err != nil {
		log.Fatal(err) // lists every mistake in the configuration
	}
	server := &http.Server{Addr: ":8080", Handler: newAPI(v), ReadHeaderTimeout: time.Minute}
	log.Fatal(server.ListenAndServe())
}

func newAPI(v *middleware.Verifier) http.Handler {
	mux := http.NewServeMux()
	read := httpauth.Require(v, scopes.All("orders:read"))
	mux.Handle("GET /orders", read(http.HandlerFunc(listOrders)))
	return mux
}

func listOrders(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "orders of %s\n", httpauth.Token(r).Subject)
}
