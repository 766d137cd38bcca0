// Package migrate holds the code of docs/migrate.md: one API, GET /orders for
// tokens with the scope orders:read, as the README of a library protects it,
// and as Bearerguard does. The test calls all of them and writes the table of
// the page:
//
//	go test -count=1 ./migrate            # are code and table what the page says?
//	go test -count=1 ./migrate -update    # write the table anew
package migrate

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// Settings are the configuration of an API.
type Settings struct {
	Issuer  string // of the tokens
	JWKSURL string // of its keys, for libraries without discovery

	// Secret signs the tokens of an issuer without public keys, under the name
	// KeyID, which is "" if its tokens have no kid.
	Secret []byte
	KeyID  string
}

// API makes the API. What it starts ends with ctx.
type API func(ctx context.Context, s Settings) (http.Handler, error)

// Migration is the API before and after.
type Migration struct {
	Library       string
	SharedSecret  bool // tokens are signed with HS256
	Before, After API
}

// Migrations are those of the page, in its order.
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

// writeOrders stands for what the API does.
func writeOrders(w io.Writer, owner any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"orders_of": owner})
}
