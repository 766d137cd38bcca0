package control

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Requests lists the recorded requests, the oldest first.
type Requests struct {
	Requests []Request `json:"requests"`
}

// Request is a recorded request, without secrets.
type Request struct {
	Time     time.Time   `json:"time"`
	Endpoint string      `json:"endpoint"`
	Method   string      `json:"method"`
	Client   string      `json:"client,omitzero"` // from the Testserver-Client header
	ClientID string      `json:"client_id,omitzero"`
	Status   int         `json:"status"` // 0 until the server answers
	Injected bool        `json:"injected,omitzero"`
	Header   http.Header `json:"header,omitzero"`
	Form     url.Values  `json:"form,omitzero"`
}

// Count is the number of requests that an endpoint received.
type Count struct {
	Endpoint string `json:"endpoint"`
	Count    int    `json:"count"`
}

// Clock is the server's time.
type Clock struct {
	Now time.Time `json:"now"`
}

// Advance is a request to move the clock.
type Advance struct {
	By Duration `json:"advance"`
}

// Client is a client to register, or a registered client.
type Client struct {
	ID           string               `json:"id,omitzero"`
	Secret       string               `json:"secret,omitzero"` // only one response has it: the registration's
	Public       bool                 `json:"public,omitzero"`
	RedirectURIs []string             `json:"redirect_uris,omitzero"`
	PostLogout   []string             `json:"post_logout_redirect_uris,omitzero"`
	Grants       []catalogue.Grant    `json:"grants,omitzero"`
	Scopes       []string             `json:"scopes,omitzero"`
	AuthMethod   catalogue.AuthMethod `json:"auth_method,omitzero"`
	JWKS         json.RawMessage      `json:"jwks,omitzero"`
	RequirePAR   bool                 `json:"require_pushed_authorization_requests,omitzero"`
	RequireDPoP  bool                 `json:"dpop_bound_access_tokens,omitzero"`
	catalogue.ClientAlgs
	catalogue.ClientTLS
	catalogue.ClientLogout
}

// Clients lists all clients, in the order of their IDs.
type Clients struct {
	Clients []Client `json:"clients"`
}

// User is a user to register, or a registered user.
type User struct {
	Sub      string                     `json:"sub,omitzero"`
	Username string                     `json:"username,omitzero"`
	Password string                     `json:"password,omitzero"` // only one response has it: the registration's
	Claims   map[string]json.RawMessage `json:"claims,omitzero"`

	AccessClaims map[string]json.RawMessage `json:"access_claims,omitzero"` // claims of the user's access tokens
	ACR          []string                   `json:"acr,omitzero"`           // acr values that a login of the user can have
}

// Users lists all users, in the order of their registration.
type Users struct {
	Users []User `json:"users"`
}

// NextLogin sets the results of the next authorizations. Sub is the user that
// logs in and consents. Instead, Deny can be the error code with which the
// authorizations are refused.
type NextLogin struct {
	Sub   string `json:"sub,omitzero"`
	Deny  string `json:"deny,omitzero"`
	Times int    `json:"times,omitzero"` // 0 means 1
}

// Snapshot is the state of a server, without secrets.
type Snapshot struct {
	Issuer  string         `json:"issuer"`
	Now     time.Time      `json:"now"`
	Clients []Client       `json:"clients"`
	Users   []User         `json:"users"`
	Keys    []Key          `json:"keys"`
	Faults  []Injection    `json:"faults"`
	Counts  map[string]int `json:"requests"` // by endpoint
	Tokens  []Token        `json:"tokens"`
}

// Events is the audit log, the oldest event first.
type Events struct {
	Events []Event `json:"events"`
}

// Event is an entry of the audit log.
type Event struct {
	Time        time.Time `json:"time"`
	Kind        string    `json:"kind"`
	ClientID    string    `json:"client_id,omitzero"`
	Sub         string    `json:"sub,omitzero"`
	Fingerprint string    `json:"fingerprint,omitzero"`
	Family      string    `json:"family,omitzero"`
	Scopes      []string  `json:"scopes,omitzero"`
	Reason      string    `json:"reason,omitzero"`
}

// Error is the body of every response in which the control API reports an
// error.
type Error struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}
