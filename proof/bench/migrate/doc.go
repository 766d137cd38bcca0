// Package migrate contains the code of docs/migrate.md. For each library, it
// builds the same API twice: once protected as the README of the library shows,
// and once with Bearerguard. The API is GET /orders, for tokens with the scope
// orders:read. The test calls all of these APIs and writes the table of the
// page:
//
//	go test -count=1 ./migrate            # checks the code and the table of the page
//	go test -count=1 ./migrate -update    # writes the table
package migrate

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// Settings contains the configuration of an API.
type Settings struct {
	Issuer  string // the issuer of the tokens
	JWKSURL string // URL of the issuer's key set, for libraries without discovery

	// Secret is the key with which an issuer without public keys signs its
	// tokens. KeyID is the kid in these tokens, or "" if the tokens have no
	// kid.
	Secret []byte
	KeyID  string
}

// API is a function that creates an API. The background work of the API stops
// when ctx is canceled.
type API func(ctx context.Context, s Settings) (http.Handler, error)

// Migration is an API before and after the migration.
type Migration struct {
	Library       string
	SharedSecret  bool // tokens are signed with HS256
	Before, After API
}

// Migrations returns the migrations in docs/migrate.md, in the order of this
// page.
func Migrations() []Migration {
	return []Migration{
		{Library: "golang-jwt, keyfunc", Before: golangJWTBefore, After: golangJWTAfter},
		{Library: "auth0 v2", Before: auth0v2Before, After: auth0After},
		{Library: "auth0 v3", Before: auth0v3Before, After: auth0After},
		{Library: "echo-jwt", Before: echoJWTBefore, After: echoJWTAfter},
		{Library: "gin-jwt", Before: ginJWTBefore, After: ginJWTAfter},
		{Library: "go-oidc", Before: goOIDCBefore, After: golangJWTAfter},
		{Library: "jwtauth", SharedSecret: true, Before: jwtAuthBefore, After: jwtAuthAfter},
	}
}

// writeOrders writes the response body of the API.
func writeOrders(w io.Writer, owner any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"orders_of": owner})
}
