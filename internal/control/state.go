package control

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Requests are those that a server remembers, the oldest first.
type Requests struct {
	Requests []Request `json:"requests"`
}

// Request is one of them, without secrets.
type Request struct {
	Time     time.Time   `json:"time"`
	Endpoint string      `json:"endpoint"`
	Method   string      `json:"method"`
	Client   string      `json:"client,omitzero"` // of a Testserver-Client header
	ClientID string      `json:"client_id,omitzero"`
	Status   int         `json:"status"` // 0 while there is no answer
	Injected bool        `json:"injected,omitzero"`
	Header   http.Header `json:"header,omitzero"`
	Form     url.Values  `json:"form,omitzero"`
}

// Count is how many requests an endpoint got.
type Count struct {
	Endpoint string `json:"endpoint"`
	Count    int    `json:"count"`
}

// Clock is the server's time.
type Clock struct {
	Now time.Time `json:"now"`
}

// Advance moves it.
type Advance struct {
	By Duration `json:"advance"`
}

// Client is a client to register, or a registered one.
type Client struct {
	ID           string               `json:"id,omitzero"`
	Secret       string               `json:"secret,omitzero"` // only in the answer to its registration
	Public       bool                 `json:"public,omitzero"`
	RedirectURIs []string             `json:"redirect_uris,omitzero"`
	PostLogout   []string             `json:"post_logout_redirect_uris,omitzero"`
	Grants       []catalogue.Grant    `json:"grants,omitzero"`
	Scopes       []string             `json:"scopes,omitzero"`
	AuthMethod   catalogue.AuthMethod `json:"auth_method,omitzero"`
	JWKS         json.RawMessage      `json:"jwks,omitzero"`
	RequirePAR   bool                 `json:"require_pushed_authorization_requests,omitzero"`
	catalogue.ClientAlgs
}

// Clients are in the order of their IDs.
type Clients struct {
	Clients []Client `json:"clients"`
}

// User is a user to register, or a registered one.
type User struct {
	Sub      string                     `json:"sub,omitzero"`
	Username string                     `json:"username,omitzero"`
	Password string                     `json:"password,omitzero"` // as a client's secret
	Claims   map[string]json.RawMessage `json:"claims,omitzero"`

	AccessClaims map[string]json.RawMessage `json:"access_claims,omitzero"` // of its access tokens
}

// Users are in the order of their registration.
type Users struct {
	Users []User `json:"users"`
}

// NextLogin decides the next authorization: who logs in and agrees, or the error
// code that refuses it.
type NextLogin struct {
	Sub   string `json:"sub,omitzero"`
	Deny  string `json:"deny,omitzero"`
	Times int    `json:"times,omitzero"` // 1, if 0
}

// Snapshot is a picture of a server, without secrets.
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

// Events are the audit log, the oldest first.
type Events struct {
	Events []Event `json:"events"`
}

// Event is a line of it.
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

// Error is the answer to what was not done.
type Error struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}
