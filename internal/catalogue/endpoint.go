package catalogue

import (
	"net/http"
	"slices"
)

// Endpoint is the name of an endpoint of the server, in Go and wherever it is
// written as text.
type Endpoint string

// The endpoints, and the pages that people see.
const (
	Discovery           Endpoint = "discovery"
	ASMetadata          Endpoint = "as_metadata"
	JWKS                Endpoint = "jwks"
	Authorize           Endpoint = "authorize"
	Token               Endpoint = "token"
	Introspect          Endpoint = "introspect"
	Revoke              Endpoint = "revoke"
	UserInfo            Endpoint = "userinfo"
	EndSession          Endpoint = "end_session"
	DeviceAuthorization Endpoint = "device_authorization"
	PAR                 Endpoint = "par"
	Register            Endpoint = "register"
	Login               Endpoint = "login"
	Consent             Endpoint = "consent"
	Device              Endpoint = "device"

	// Any stands for all requests, those to unknown paths included.
	Any Endpoint = "any"
)

// Route is where an endpoint is and what it answers to.
type Route struct {
	Endpoint Endpoint
	Path     string // after the path of the issuer, or the well-known part of it
	Member   string // of metadata, "" if it does not name the endpoint
	Methods  []string
	Kind     Kind
	Needs    []Endpoint // without at least one of these it is of no use, and is not served
	Option   string     // the member of the configuration that asks for it, "" for none
	Env      string     // the environment variable that says its URL, "" for none
}

// ForScripts reports whether scripts in pages of other origins may call the
// endpoint, as single-page applications do. A browser is sent to the authorization
// endpoint and to that of the logout instead.
func (r Route) ForScripts() bool {
	return r.Kind != ForPeople && r.Endpoint != Authorize && r.Endpoint != EndSession
}

// Kind is what an endpoint is for.
type Kind int

// What endpoints are for.
const (
	Protocol  Kind = iota // clients and APIs speak to it
	WellKnown             // likewise; its path stands before or after that of the issuer
	ForPeople             // a page; it comes and goes with the endpoints that need it
)

var (
	read   = []string{http.MethodGet, http.MethodHead}
	write  = []string{http.MethodPost}
	both   = []string{http.MethodGet, http.MethodPost}
	manage = []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}

	people = []Endpoint{Authorize, DeviceAuthorization}
)

// Routes are those of all endpoints, in the order in which people read them.
var Routes = []Route{
	{Discovery, "/.well-known/openid-configuration", "", read, WellKnown, nil, "", ""},        // OpenID Connect Discovery 1.0 §4
	{ASMetadata, "/.well-known/oauth-authorization-server", "", read, WellKnown, nil, "", ""}, // RFC 8414 §3
	{JWKS, "/jwks", "jwks_uri", read, Protocol, nil, "", "OAUTH_JWKS_URI"},
	{Authorize, "/authorize", "authorization_endpoint", both, Protocol, []Endpoint{Token}, "", "OAUTH_AUTHORIZATION_ENDPOINT"},
	{Token, "/token", "token_endpoint", write, Protocol, nil, "", "OAUTH_TOKEN_ENDPOINT"},
	{Introspect, "/introspect", "introspection_endpoint", write, Protocol, nil, "", "OAUTH_INTROSPECTION_ENDPOINT"},
	{Revoke, "/revoke", "revocation_endpoint", write, Protocol, nil, "", ""},
	{UserInfo, "/userinfo", "userinfo_endpoint", both, Protocol, nil, "", ""},
	{EndSession, "/end_session", "end_session_endpoint", both, Protocol, nil, "", ""},
	{DeviceAuthorization, "/device_authorization", "device_authorization_endpoint", write, Protocol, []Endpoint{Token}, "", ""},
	{PAR, "/par", "pushed_authorization_request_endpoint", write, Protocol, []Endpoint{Authorize}, "", ""},
	{Register, "/register", "registration_endpoint", manage, Protocol, nil, "registration", ""},
	{Login, "/login", "", write, ForPeople, people, "interactive", ""},
	{Consent, "/consent", "", write, ForPeople, people, "interactive", ""},
	{Device, "/device", "", both, ForPeople, []Endpoint{DeviceAuthorization}, "", ""},
}

// Endpoints are the names of all endpoints.
func Endpoints() []Endpoint { return endpoints(func(Route) bool { return true }) }

// Disableable are the endpoints that configuration can disable.
func Disableable() []Endpoint {
	return endpoints(func(r Route) bool { return r.Kind != ForPeople && r.Option == "" })
}

// Served returns the endpoints that are left when some are off: not what is of no
// use without them.
func Served(off func(Route) bool) map[Endpoint]bool {
	served := map[Endpoint]bool{}
	for _, r := range Routes {
		served[r.Endpoint] = !off(r)
	}
	for range Routes { // until nothing changes: what is needed may itself need others
		for _, r := range Routes {
			if len(r.Needs) > 0 && !slices.ContainsFunc(r.Needs, func(ep Endpoint) bool { return served[ep] }) {
				served[r.Endpoint] = false
			}
		}
	}
	return served
}

func endpoints(which func(Route) bool) (all []Endpoint) {
	for _, r := range Routes {
		if which(r) {
			all = append(all, r.Endpoint)
		}
	}
	return all
}
