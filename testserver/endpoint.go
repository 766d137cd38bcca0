package testserver

import (
	"iter"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Endpoint is the name of an endpoint of the server. The command bearerguard
// and the control API use the same names.
type Endpoint = catalogue.Endpoint

const (
	// EndpointDiscovery is the OpenID Connect Discovery 1.0 document. If the
	// issuer has the path /a, the document is served at
	// /a/.well-known/openid-configuration (§4), and also at
	// /.well-known/openid-configuration/a.
	EndpointDiscovery = catalogue.Discovery

	// EndpointASMetadata is the RFC 8414 document. If the issuer has the path
	// /a, the document is served at /.well-known/oauth-authorization-server/a
	// (§3). It is also served at /a/.well-known/oauth-authorization-server,
	// because many clients request it there.
	EndpointASMetadata = catalogue.ASMetadata

	// EndpointJWKS is the JSON Web Key Set (RFC 7517 §5), served as
	// application/jwk-set+json with a strong ETag. If a conditional request has
	// the ETag of the current set, the response is 304 (RFC 9110 §13.1.2).
	EndpointJWKS = catalogue.JWKS

	// EndpointIntrospect is the introspection endpoint (RFC 7662). Every
	// confidential client can introspect every access token: see
	// [OpaqueTokens]. An access token is active if this server issued it, if it
	// has not been revoked, and if it is valid by the server's clock. The
	// response for an active token has "active":true and all claims of the
	// token. For any other token, such as a refresh token, the response is
	// exactly {"active":false}. A client that sends
	// application/token-introspection+jwt in Accept gets a JWT (RFC 9701).
	EndpointIntrospect = catalogue.Introspect

	// EndpointAuthorize is the authorization endpoint (RFC 6749 §3.1), for the
	// code flow with S256 (RFC 7636). It supports response_mode (query,
	// fragment and form_post), prompt, max_age, login_hint, id_token_hint,
	// nonce, resource (RFC 8707) and dpop_jkt (RFC 9449 §10). Every response
	// has iss (RFC 9207). A request with a wrong client or redirect URI gets an
	// error page with status 400.
	EndpointAuthorize = catalogue.Authorize

	// EndpointPAR accepts pushed authorization requests (RFC 9126). The
	// request_uri that it returns is valid for 90 seconds and for one
	// authorization response. If a browser opens the login or consent page in
	// these 90 seconds, the user has ten more minutes after they end.
	EndpointPAR = catalogue.PAR

	// EndpointToken is the token endpoint (RFC 6749 §3.2): see [Grant]. A
	// request with a DPoP proof gets a token that is bound to the client's key
	// (RFC 9449 §5).
	EndpointToken = catalogue.Token

	// EndpointRevoke is the revocation endpoint (RFC 7009) for access and
	// refresh tokens. A refresh token is revoked together with all tokens of
	// its grant. For an unknown token, the status is 200.
	EndpointRevoke = catalogue.Revoke

	// EndpointUserInfo is the UserInfo endpoint (OpenID Connect Core 1.0 §5.3),
	// for access tokens with the scope openid. A token that is bound to a DPoP
	// key needs a proof (RFC 9449 §7).
	EndpointUserInfo = catalogue.UserInfo

	// EndpointEndSession logs an end user out (OpenID Connect RP-Initiated
	// Logout 1.0). If the server is [Interactive], a user who is logged in
	// confirms the logout on a page, unless an id_token_hint identifies this
	// user. post_logout_redirect_uri must be registered.
	EndpointEndSession = catalogue.EndSession

	// EndpointDeviceAuthorization starts the device flow (RFC 8628 §3.1). Its
	// codes are valid for ten minutes. Unless the server is [Interactive], a
	// browser that opens verification_uri_complete approves the device: see
	// [Server.Login].
	EndpointDeviceAuthorization = catalogue.DeviceAuthorization

	// EndpointRegister lets clients register themselves (RFC 7591) and manage
	// their registration with the registration access token (RFC 7592). It is
	// served only with the option [Registration]. jwks_uri is refused, because
	// the server never fetches URLs.
	EndpointRegister = catalogue.Register

	// EndpointLogin receives the login form if the server is [Interactive].
	EndpointLogin = catalogue.Login

	// EndpointConsent receives the consent form if the server is [Interactive].
	EndpointConsent = catalogue.Consent

	// EndpointDevice is the page on which a user enters the code that a device
	// shows (RFC 8628 §3.3).
	EndpointDevice = catalogue.Device

	// EndpointAny means all requests, including those to unknown paths.
	EndpointAny = catalogue.Any
)

// Endpoints yields every endpoint that a server can have, except [EndpointAny].
// The options of a server determine which of these endpoints the server has:
// see [Server.Endpoint].
func Endpoints() iter.Seq[Endpoint] { return slices.Values(catalogue.Endpoints()) }

// Endpoint returns the URL of ep. [EndpointAny] does not have a URL.
func (s *Server) Endpoint(ep Endpoint) string {
	s.helper()
	u, ok := s.oauth.URL(ep)
	if !ok {
		s.fail("Endpoint(%q): no such endpoint on this server: %s", string(ep), useEndpoint)
	}
	return u
}

// MTLSEndpoint returns the URL of ep for clients with a certificate. At this
// URL, a server with [TLS] requests a certificate, which is optional. Metadata
// lists this URL in mtls_endpoint_aliases (RFC 8705 §5). At the URL from
// [Server.Endpoint], the server never requests a certificate, because a browser
// would then ask its user for a certificate.
//
// The endpoints that have such a URL are token, introspect, revoke, userinfo,
// device_authorization and par. A server without TLS, such as one behind a
// proxy, does not have these URLs and does not support the authentication
// methods of RFC 8705.
func (s *Server) MTLSEndpoint(ep Endpoint) string {
	s.helper()
	u, ok := s.oauth.MTLSURL(ep)
	if !ok {
		s.fail("MTLSEndpoint(%q): no such endpoint on this server: add TLS(), and use EndpointToken or another endpoint of mtls_endpoint_aliases", string(ep))
	}
	return u
}

const (
	useEndpoint = "use EndpointDiscovery, EndpointJWKS or another Endpoint constant that the options enable"
	useAny      = useEndpoint + ", or EndpointAny"
)

// countable reports whether ep is an endpoint of this server or [EndpointAny].
func (s *Server) countable(ep Endpoint) bool {
	_, ok := s.oauth.URL(ep)
	return ok || ep == EndpointAny
}
