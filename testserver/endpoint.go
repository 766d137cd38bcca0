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
	// application/jwk-set+json.
	JWKS Endpoint = Endpoint(as.JWKS)

	// Any stands for all requests, those to unknown paths included.
	Any Endpoint = Endpoint(as.Any)
)

// Endpoint is the URL of ep. [Any] has none.
func (s *Server) Endpoint(ep Endpoint) string {
	s.helper()
	u, ok := s.as.URL(as.Endpoint(ep))
	if !ok {
		s.fail("Endpoint(%q): there is no such endpoint: use Discovery, ASMetadata or JWKS", string(ep))
	}
	return u
}

// countable reports whether ep is an endpoint or [Any].
func (s *Server) countable(ep Endpoint) bool {
	_, ok := s.as.URL(as.Endpoint(ep))
	return ok || ep == Any
}
