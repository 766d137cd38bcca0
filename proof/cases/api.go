package cases

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// Framework is an adapter under test: the API as it is built with it.
type Framework struct {
	Name   string
	Routes func(API) http.Handler
}

// API is what the same routes are built from on every framework. All of them
// answer any method, and all but /needed through a Guard:
//
//	/open           without the adapter
//	/any-token      Require()
//	/read           Read
//	/nested/route   Read on the group, Write on the route
//	/twice          Read, registered twice
//	/either         Either
//	/oneof          OneOf
//	/needed         Need, by the package's own Require
//	/tenant         Tenant
//	/fresh          Fresh
//	/strong         Strong
//	/strong/route   Strong on the group, Fresh and Write on the route
//	/alternative    StrongOrAdmin
//	/checked        Require(); the handler checks Write and answers with Answer
//	/returned       the same, except in Echo, where the handler returns the error
//	/failed         Require(); the handler answers with Answer for ErrFailure
//	/labelled       Require(), after the program has set header fields for a success
//	/optional       Optional
//	/optional/read  Optional on the group, Read on the route
//
// They also serve the route of Metadata.
type API struct {
	Verifier  *middleware.Verifier
	Need      []scopes.Requirement
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
	Log       *slog.Logger // of the program around the adapter

	reached func(route string, token *middleware.Token) // called by each handler
}

// What the routes require.
var (
	Tenant = scopes.Requirement(tenant{})
	Read   = scopes.All("read")
	Write  = scopes.All("write")
	Either = scopes.Any("write", "admin")
	OneOf  = scopes.OneOf(scopes.All("pay", "eu"), scopes.All("admin"))
	Fresh  = scopes.AuthWithin(5 * time.Minute)
	Strong = scopes.ACR("urn:example:mfa", "urn:example:hwk")

	StrongOrAdmin = scopes.OneOf(scopes.ACR("urn:example:hwk"), scopes.All("admin"))
)

// ErrFailure is an error of the program. Clients must not see its text.
var ErrFailure = errors.New(canary)

// tenant is met if the query of the request names the subject of the token.
type tenant struct{}

func (tenant) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if subject, ok := e.Claim("/sub"); ok && e.Request != nil && e.Request.URL.Query().Get("tenant") == subject {
		return nil
	}
	return &scopes.Shortfall{}
}

// Check is what a handler asks for that requires Write itself.
func (a API) Check(token *middleware.Token) error { return a.Verifier.Check(token, Write) }

// Answer is the JSON that the handler of a route answers with: which one it is,
// and to whom it speaks. The token is nil if the request has none.
func (a API) Answer(route string, token *middleware.Token) []byte {
	a.reached(route, token)
	said := map[string]string{"route": route}
	if token != nil {
		said["subject"] = token.Subject
	}
	body, _ := json.Marshal(said) // strings
	return body
}
