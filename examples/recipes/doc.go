// Package recipes contains the code of docs/recipes.md: features that many APIs
// need in addition to token verification. Each recipe is one file. The test of
// a recipe sends tokens of a mock authorization server. The test of the
// deny-list also starts a redis-server, which must be in the PATH.
package recipes

import (
	"fmt"
	"net/http"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
)

// listOrders is the handler that the recipes protect.
var listOrders = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, "orders of ", httpauth.Token(r).Subject)
})
