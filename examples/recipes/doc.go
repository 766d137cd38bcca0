// Package recipes holds the code of docs/recipes.md: what an API often needs
// around its access tokens, one file for each recipe. A test of each sends
// tokens of a mock authorization server and, for the deny-list, starts a
// redis-server, which must be in the PATH.
package recipes

import (
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
)

// listOrders is the handler behind the recipes.
var listOrders = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "orders of ", httpauth.Token(r).Subject)
})
