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

// Framework builds the API of the tests with one adapter.
type Framework struct {
	Name   string
	Routes func(API) http.Handler
}

// API describes the routes that every framework must serve. All routes accept
// any method. All except /open and /needed use a Guard:
//
//	/open           without the adapter
//	/any-token      Require()
//	/read           Read
//	/nested/route   Read on the group, Write on the route
//	/twice          Read, registered twice
//	/either         Either
//	/oneof          OneOf
//	/needed         Need, with the package-level Require
//	/tenant         Tenant
//	/fresh          Fresh
//	/strong         Strong
//	/strong/route   Strong on the group, Fresh and Write on the route
//	/alternative    StrongOrAdmin
//	/checked        Require(); the handler checks Write and answers with Answer
//	/returned       the same, except in Echo, where the handler returns the error
//	/failed         Require(); the handler answers with Answer for ErrFailure
//	/labelled       Require(), after the program has set header fields that fit only a 200
//	/optional       Optional
//	/optional/read  Optional on the group, Read on the route
//
// The API must also serve the route of Metadata.
type API struct {
	Verifier  *middleware.Verifier
	Need      []scopes.Requirement
	ErrorBody func(*http.Request, *middleware.Error) (contentType string, body []byte)
	Log       *slog.Logger // the log of the program that uses the adapter

	reached func(route string, token *middleware.Token) // called by Answer
}

// The requirements of the routes.
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

// ErrFailure is an internal error of the program. Clients must not see its
// message.
var ErrFailure = errors.New(canary)

// tenant is a requirement. The query parameter "tenant" must equal the subject
// of the token.
type tenant struct{}

func (tenant) Unmet(e scopes.Evidence) *scopes.Shortfall {
	if subject, ok := e.Claim("/sub"); ok && e.Request != nil && e.Request.URL.Query().Get("tenant") == subject {
		return nil
	}
	return &scopes.Shortfall{}
}

// Check requires the scope write. It is for a route whose scope is checked by
// the handler, not by the middleware.
func (a API) Check(token *middleware.Token) error { return a.Verifier.Check(token, Write) }

// Answer returns the JSON response body for the handler of a route. The body
// contains the route and the subject of the token. token is nil if the request
// has no token.
func (a API) Answer(route string, token *middleware.Token) []byte {
	a.reached(route, token)
	members := map[string]string{"route": route}
	if token != nil {
		members["subject"] = token.Subject
	}
	body, _ := json.Marshal(members) // strings can always be encoded
	return body
}
