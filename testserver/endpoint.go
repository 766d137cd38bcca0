package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/as"

// Endpoint names an endpoint of the server, in Go and wherever it is written
// as text.
type Endpoint string

const (
	// Discovery is the OpenID Connect Discovery 1.0 document, at
	// /.well-known/openid-configuration after the issuer's path (§4) or before it.
	Discovery Endpoint = Endpoint(as.Discovery)

	// ASMetadata is the RFC 8414 document, at
	// /.well-known/oauth-authorization-server before the issuer's path (§3) or
	// after it, where many clients look.
	ASMetadata Endpoint = Endpoint(as.ASMetadata)

	// JWKS is the JSON Web Key Set (RFC 7517 §5), served as
	// application/jwk-set+json under a strong ETag; 304 answers a client that
	// has it (RFC 9110 §13.1.2).
	JWKS Endpoint = Endpoint(as.JWKS)

	// Introspect is the RFC 7662 introspection endpoint: see [OpaqueTokens]. It
	// takes a form by POST, up to 64 KiB, from a client that authenticates by
	// client_secret_basic or client_secret_post (RFC 6749 §2.3.1): see [Client].
	// Errors are those of RFC 6749 §5.2, and no answer is to be stored.
	//
	// A token of this server that is good now, by its own clock, and not revoked
	// is active, with all its claims and a token_type; everything else is exactly
	// {"active":false}. A JWT is the server's if it is an access token with its
	// iss, with exp, and with a signature that a key of [Server.JWKS] verifies, so
	// that it ends with its key, or the secret that signs for an HS algorithm.
	//
	// Who asks for application/token-introspection+jwt in Accept gets the same as
	// a JWT that is signed like tokens are by default (RFC 9701).
	Introspect Endpoint = Endpoint(as.Introspect)

	// Any stands for all requests, those to unknown paths included.
	Any Endpoint = Endpoint(as.Any)
)

// Endpoint is the URL of ep. [Any] has none.
func (s *Server) Endpoint(ep Endpoint) string {
	s.helper()
	u, ok := s.as.URL(as.Endpoint(ep))
	if !ok {
		s.fail("Endpoint(%q): there is no such endpoint: %s", string(ep), useEndpoint)
	}
	return u
}

const (
	useEndpoint = "use Discovery, ASMetadata, JWKS or Introspect"
	useAny      = "use Discovery, ASMetadata, JWKS, Introspect or Any"
)

// countable reports whether ep is an endpoint or [Any].
func (s *Server) countable(ep Endpoint) bool {
	_, ok := s.as.URL(as.Endpoint(ep))
	return ok || ep == Any
}
