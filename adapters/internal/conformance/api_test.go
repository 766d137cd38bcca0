package conformance_test

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// frameworks are the adapters under test.
var frameworks = []struct {
	name  string
	build func(api) http.Handler
}{
	{"net/http", newHTTP},
	{"Echo", newEcho},
	{"Echo v5", newEcho5},
	{"Gin", newGin},
}

// api is what the same routes are built from on every framework. All of them
// answer any method:
//
//	/open           without the adapter
//	/any-token      Require(v)
//	/read           read
//	/nested/route   read on the group, write on the route
//	/twice          read, registered twice
//	/either         either
//	/oneof          oneOf
//	/labelled       Require(v), after the program has set header fields for a success
//	/optional       Optional
//	/optional/read  Optional on the group, read on the route
type api struct {
	verifier  *middleware.Verifier
	errorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
	reached   func(route string) // called by each handler
	log       *slog.Logger       // of the program around the adapter
}

var (
	read   = scopes.All("read")
	write  = scopes.All("write")
	either = scopes.Any("write", "admin")
	oneOf  = scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin"))
)

// answer is what the handler of a route says: which one it is, and to whom it
// speaks.
func (a api) answer(route string, token *middleware.Token) []byte {
	a.reached(route)
	said := map[string]string{"route": route}
	if token != nil {
		said["subject"] = token.Subject
	}
	body, _ := json.Marshal(said) // strings
	return body
}
