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

	// EndpointIntrospect is the RFC 7662 introspection endpoint: see
	// [OpaqueTokens]. It takes a form by POST, up to 64 KiB, from a client that
	// authenticates by client_secret_basic, client_secret_post or private_key_jwt:
	// see [Client]. Errors are those of RFC 6749 §5.2, and no answer is to be
	// stored.
	//
	// A token of this server that is good now, by its own clock, and not revoked
	// is active, with all its claims and a token_type; everything else is exactly
	// {"active":false}. A JWT is the server's if it is an access token with its
	// iss, with exp, and with a signature that a key of [Server.JWKS] verifies, so
	// that it ends with its key, or the secret that signs for an HS algorithm.
	//
	// Every confidential client may ask about every token: a test has one API as a
	// rule. What another API would get, [Server.SetIntrospection] says.
	//
	// A client that names application/token-introspection+jwt in Accept gets the
	// same as a JWT that is signed like tokens are by default (RFC 9701).
	EndpointIntrospect = catalogue.Introspect

	// EndpointAuthorize is the authorization endpoint (RFC 6749 §3.1), for the code
	// flow with S256 (RFC 7636), response_mode query and form_post, prompt, max_age,
	// login_hint, id_token_hint, nonce and resource (RFC 8707). Every answer has
	// iss (RFC 9207). A client or redirect URI that is wrong is a page with 400.
	EndpointAuthorize = catalogue.Authorize

	// EndpointPAR takes authorization requests that clients push (RFC 9126),
	// checked as at [EndpointAuthorize], from a client that authenticates as at
	// [EndpointToken] and names itself by client_id as well. The request_uri that it
	// answers with is for 90 seconds; a browser that was shown a page by then has
	// ten minutes more. It is used up by the answer to the client, a code or an
	// error, so that pages can be loaded again before that. At EndpointAuthorize
	// all parameters besides it and client_id are ignored.
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
	// 1.0). If the server is [Interactive], people are asked whether they want that,
	// unless an id_token_hint shows that the client knows them (§2); otherwise
	// nobody is logged in. Then the browser goes to post_logout_redirect_uri, which
	// must be one of the client's RedirectURIs to the letter (§3), port included.
	EndpointEndSession = catalogue.EndSession

	// EndpointDeviceAuthorization begins the device flow (RFC 8628 §3.1). Its codes
	// are good for ten minutes. Unless the server is [Interactive], it is enough
	// that somebody opens verification_uri_complete: see [Server.Login].
	EndpointDeviceAuthorization = catalogue.DeviceAuthorization

	// EndpointRegister is where clients register themselves, if the server has the
	// option [Registration] (RFC 7591), and where each of them reads, replaces and
	// deletes its registration by its token (RFC 7592). Redirect URIs are https,
	// http on loopback, or have a scheme such as com.example.app if the client is
	// public. jwks_uri is refused, since nothing is fetched here, and what is
	// unknown is ignored. The secret is shown once. A client that is deleted has no
	// grants left.
	EndpointRegister = catalogue.Register

	// EndpointLogin and EndpointConsent are where the forms of the login and of the
	// consent go, if the server is [Interactive], and EndpointDevice is where
	// somebody brings the code that a device shows (RFC 8628 §3.3).
	EndpointLogin   = catalogue.Login
	EndpointConsent = catalogue.Consent
	EndpointDevice  = catalogue.Device

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
