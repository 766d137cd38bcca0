package testserver

import (
	"iter"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Endpoint names an endpoint of the server, in Go and wherever it is written
// as text.
type Endpoint = catalogue.Endpoint

const (
	// EndpointDiscovery is the OpenID Connect Discovery 1.0 document, at
	// /.well-known/openid-configuration after the issuer's path (§4) or before it.
	EndpointDiscovery = catalogue.Discovery

	// EndpointASMetadata is the RFC 8414 document, at
	// /.well-known/oauth-authorization-server before the issuer's path (§3) or
	// after it, where many clients look.
	EndpointASMetadata = catalogue.ASMetadata

	// EndpointJWKS is the JSON Web Key Set (RFC 7517 §5), served as
	// application/jwk-set+json under a strong ETag; 304 answers a client that
	// has it (RFC 9110 §13.1.2).
	EndpointJWKS = catalogue.JWKS

	// EndpointIntrospect is the introspection endpoint (RFC 7662), for every
	// confidential client and every token: see [OpaqueTokens]. A token of this server
	// that is good now, by its own clock, and not revoked is active, with all its
	// claims; everything else is exactly {"active":false}. A client that names
	// application/token-introspection+jwt in Accept gets a JWT (RFC 9701).
	EndpointIntrospect = catalogue.Introspect

	// EndpointAuthorize is the authorization endpoint (RFC 6749 §3.1), for the code
	// flow with S256 (RFC 7636), response_mode query and form_post, prompt, max_age,
	// login_hint, id_token_hint, nonce and resource (RFC 8707). Every answer has
	// iss (RFC 9207). A client or redirect URI that is wrong is a page with 400.
	EndpointAuthorize = catalogue.Authorize

	// EndpointPAR takes authorization requests that clients push (RFC 9126). The
	// request_uri that it answers with is for 90 seconds; a browser that was shown a
	// page by then has ten minutes more. The answer to the client uses it up.
	EndpointPAR = catalogue.PAR

	// EndpointToken is the token endpoint (RFC 6749 §3.2): see [Grant].
	EndpointToken = catalogue.Token

	// EndpointRevoke is the revocation endpoint (RFC 7009) for tokens of either
	// kind. A refresh token ends with all that came of its grant. It answers 200
	// for what it does not know.
	EndpointRevoke = catalogue.Revoke

	// EndpointUserInfo is the UserInfo endpoint (OpenID Connect Core 1.0 §5.3), for
	// access tokens with the scope openid.
	EndpointUserInfo = catalogue.UserInfo

	// EndpointEndSession logs an end user out (OpenID Connect RP-Initiated Logout
	// 1.0). People are asked whether they want that, unless an id_token_hint shows that
	// the client knows them. post_logout_redirect_uri must be one that is registered.
	EndpointEndSession = catalogue.EndSession

	// EndpointDeviceAuthorization begins the device flow (RFC 8628 §3.1). Its codes
	// are good for ten minutes. Unless the server is [Interactive], it is enough
	// that somebody opens verification_uri_complete: see [Server.Login].
	EndpointDeviceAuthorization = catalogue.DeviceAuthorization

	// EndpointRegister is where clients register themselves, with the option
	// [Registration] (RFC 7591), and where each of them manages its registration by
	// its token (RFC 7592). jwks_uri is refused, since nothing is fetched here.
	EndpointRegister = catalogue.Register

	// EndpointLogin is where the form of the login goes, with [Interactive].
	EndpointLogin = catalogue.Login

	// EndpointConsent is where the form of the consent goes, likewise.
	EndpointConsent = catalogue.Consent

	// EndpointDevice is where somebody brings the code that a device shows (RFC 8628
	// §3.3).
	EndpointDevice = catalogue.Device

	// EndpointAny stands for all requests, those to unknown paths included.
	EndpointAny = catalogue.Any
)

// Endpoints yields every endpoint that a server can have, [EndpointAny] not among
// them. Which of them a server has depends on its options: see [Server.Endpoint].
func Endpoints() iter.Seq[Endpoint] { return slices.Values(catalogue.Endpoints()) }

// Endpoint is the URL of ep. [EndpointAny] has none.
func (s *Server) Endpoint(ep Endpoint) string {
	s.helper()
	u, ok := s.oauth.URL(ep)
	if !ok {
		s.fail("Endpoint(%q): there is no such endpoint: %s", string(ep), useEndpoint)
	}
	return u
}

const (
	useEndpoint = "use EndpointDiscovery, EndpointJWKS or another of the constants, that is not disabled"
	useAny      = useEndpoint + ", or EndpointAny"
)

// countable reports whether ep is an endpoint or [EndpointAny].
func (s *Server) countable(ep Endpoint) bool {
	_, ok := s.oauth.URL(ep)
	return ok || ep == EndpointAny
}
