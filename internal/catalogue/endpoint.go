package catalogue

import (
	"net/http"
	"slices"
)

// Endpoint is the name of an endpoint of the server. Configuration, the control
// API and the command line use the same names.
type Endpoint string

// The endpoints of the protocol, and the pages for users.
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

	// Any means all requests, including requests to unknown paths.
	Any Endpoint = "any"
)

// Route describes an endpoint: its path, its methods and the conditions under
// which it is served.
type Route struct {
	Endpoint Endpoint
	Path     string // if Kind is WellKnown, the well-known path; otherwise the path after the issuer's path
	Member   string // the metadata member with the URL; "" if metadata lacks the endpoint
	Methods  []string
	Kind     Kind
	Needs    []Endpoint // this endpoint needs at least one of these; nil if it needs no other endpoint
	Option   string     // the configuration member that enables the endpoint; "" if it is on by default
	Env      string     // the environment variable with the endpoint's URL; "" for no variable
}

// ForScripts reports whether scripts of other origins, such as single-page
// applications, may call the endpoint. They may not call the authorization and
// logout endpoints, because browsers navigate to these.
func (r Route) ForScripts() bool {
	return r.Kind != ForUsers && r.Endpoint != Authorize && r.Endpoint != EndSession
}

// ByMutualTLS reports whether metadata lists the endpoint in
// mtls_endpoint_aliases (RFC 8705 §5). At such an endpoint, clients
// authenticate or send a token. They may authenticate with a certificate, or
// the token may be bound to a certificate.
func (r Route) ByMutualTLS() bool {
	return r.Member != "" && r.ForScripts() && r.Endpoint != JWKS && r.Endpoint != Register
}

// Kind is the purpose of an endpoint.
type Kind int

// The kinds of endpoints.
const (
	Protocol  Kind = iota // called by clients and APIs
	WellKnown             // called by clients and APIs; the path is inserted before the issuer's path or appended to it
	ForUsers              // a page for users; served only with the endpoints that need it
)

var (
	read   = []string{http.MethodGet, http.MethodHead}
	write  = []string{http.MethodPost}
	both   = []string{http.MethodGet, http.MethodPost}
	manage = []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}

	interactive = []Endpoint{Authorize, DeviceAuthorization}
)

// Routes lists the routes of all endpoints, in the order in which documentation
// lists them.
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
	{Login, "/login", "", write, ForUsers, interactive, "interactive", ""},
	{Consent, "/consent", "", write, ForUsers, interactive, "interactive", ""},
	{Device, "/device", "", both, ForUsers, []Endpoint{DeviceAuthorization}, "", ""},
}

// Endpoints returns the names of all endpoints.
func Endpoints() []Endpoint { return endpoints(func(Route) bool { return true }) }

// Disableable returns the endpoints that configuration can disable.
func Disableable() []Endpoint {
	return endpoints(func(r Route) bool { return r.Kind != ForUsers && r.Option == "" })
}

// Served reports for each endpoint whether the server serves it. An endpoint is
// disabled if off returns true for its route. An endpoint whose route has Needs
// is served only if at least one of the needed endpoints is served.
func Served(off func(Route) bool) map[Endpoint]bool {
	served := map[Endpoint]bool{}
	for _, r := range Routes {
		served[r.Endpoint] = !off(r)
	}
	for range Routes { // as many passes as routes, enough for any chain of Needs
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
