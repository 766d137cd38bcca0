// Package catalogue lists what the mock authorization server has, by the names
// that stand in its metadata, its configuration, its control API and on the
// command line. Each list exists here once. Nothing here does anything, and no
// type of the server is in it.
package catalogue

import (
	"net/http"
	"slices"
)

// Endpoint is an endpoint of the server.
type Endpoint struct {
	Name    string
	Path    string // after the path of the issuer, or the well-known part of it
	Member  string // of metadata, "" if they do not name it
	Methods []string
	Kind    Kind
}

// Kind is what an endpoint is for.
type Kind int

// What endpoints are for.
const (
	Protocol  Kind = iota // clients and APIs speak to it; configuration can disable it
	WellKnown             // likewise; its path stands before or after that of the issuer
	OnRequest             // likewise, but it is there only where that is asked for
	ForPeople             // a page; it comes and goes with the endpoints that need it
)

var (
	read  = []string{http.MethodGet, http.MethodHead}
	write = []string{http.MethodPost}
	both  = []string{http.MethodGet, http.MethodPost}
)

// Endpoints are all there are, in the order in which people read them.
var Endpoints = []Endpoint{
	{"discovery", "/.well-known/openid-configuration", "", read, WellKnown},         // OpenID Connect Discovery 1.0 §4
	{"as_metadata", "/.well-known/oauth-authorization-server", "", read, WellKnown}, // RFC 8414 §3
	{"jwks", "/jwks", "jwks_uri", read, Protocol},
	{"authorize", "/authorize", "authorization_endpoint", both, Protocol},
	{"token", "/token", "token_endpoint", write, Protocol},
	{"introspect", "/introspect", "introspection_endpoint", write, Protocol},
	{"revoke", "/revoke", "revocation_endpoint", write, Protocol},
	{"userinfo", "/userinfo", "userinfo_endpoint", both, Protocol},
	{"end_session", "/end_session", "end_session_endpoint", both, Protocol},
	{"device_authorization", "/device_authorization", "device_authorization_endpoint", write, Protocol},
	{"par", "/par", "pushed_authorization_request_endpoint", write, Protocol},
	{"register", "/register", "registration_endpoint", []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}, OnRequest},
	{"login", "/login", "", write, ForPeople},
	{"consent", "/consent", "", write, ForPeople},
	{"device", "/device", "", both, ForPeople},
}

// Any is what stands for all requests, in the place of an endpoint.
const Any = "any"

// EndpointNames are the names of the endpoints, and Any.
func EndpointNames() []string { return append(names(func(Endpoint) bool { return true }), Any) }

// DisableableNames are the names of the endpoints that configuration can disable.
func DisableableNames() []string {
	return names(func(e Endpoint) bool { return e.Kind == Protocol || e.Kind == WellKnown })
}

func names(which func(Endpoint) bool) (all []string) {
	for _, e := range Endpoints {
		if which(e) {
			all = append(all, e.Name)
		}
	}
	return slices.Clip(all)
}

// PublicAlgorithms sign with keys that the server publishes, and Algorithms with
// secrets as well (RFC 7518 §3.1, RFC 8037 §3.1).
var (
	PublicAlgorithms = []string{"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"}
	Algorithms       = slices.Concat(PublicAlgorithms, []string{"HS256", "HS384", "HS512"})
)

// Grants are the grant types (RFC 6749 §4, RFC 8628, RFC 8693, RFC 7523).
var Grants = []string{
	"authorization_code", "client_credentials", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
	"urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer",
}

// AuthMethods are the ways in which clients authenticate (RFC 7591 §2).
var AuthMethods = []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
