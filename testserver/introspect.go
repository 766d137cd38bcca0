package testserver

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// OpaqueTokens makes access tokens opaque. An opaque token is a random handle
// of 32 characters, which an API introspects at [EndpointIntrospect] (RFC
// 7662). As an option of a server, OpaqueTokens applies to all tokens of the
// server. As an option of one token, it applies only to this token.
//
//	s.Authorize(r, testserver.OpaqueTokens(), testserver.Scope("orders:read"))
//
// An opaque token has the claims that a JWT would have. The server stores the
// claims of the last 100 000 tokens, under a hash of the handle. [SigningAlg]
// has no effect on an opaque token; [SignedWith], [Typ] and [JOSEHeader] cannot
// be combined with OpaqueTokens. A token without exp never expires.
// Introspection returns claims of the wrong type unchanged.
func OpaqueTokens() SharedOption {
	return sharedOption(func(d *token.Draft) { d.Opaque = true })
}

// Revoke revokes a token of this server. If token is an access token,
// introspection then reports it as inactive, whether it is opaque or a JWT.
// Revoking a JWT also revokes every JWT that differs from it only in the
// signature. Revoking a refresh token also revokes all tokens of its grant (RFC
// 7009 §2.1). Revoke reports whether this server issued token, even if token
// has expired or was revoked before. The server stores the last 100 000
// revocations. An API that caches introspection responses accepts the token
// until the cached response expires.
func (s *Server) Revoke(token string) bool { return s.oauth.Revoke(token) }

// RevokeSubject revokes all grants of sub with their tokens, and returns the
// number of grants. These are the grants from the token endpoint and from
// [Server.Mint]. RevokeSubject does not revoke tokens from [Server.Token].
func (s *Server) RevokeSubject(sub string) int { return s.oauth.RevokeSubject(sub) }

// SetIntrospection makes [EndpointIntrospect] return reply when token is
// introspected. token can be any string, even a revoked token:
//
//	s.SetIntrospection("legacy", map[string]any{"active": true, "sub": "alice", "aud": "api", "scope": "orders:read"})
//	s.SetIntrospection(token, map[string]any{"active": "true"}) // text, not a boolean: an API must refuse it
//
// The server sends exactly the members of reply. A nil reply removes the
// earlier reply for token. For responses that are not a JSON object, use
// [Server.Inject].
func (s *Server) SetIntrospection(token string, reply map[string]any) {
	s.helper()
	if token == "" {
		s.fail("SetIntrospection: the token is empty: give the token that the API introspects")
	}
	if reply == nil {
		s.oauth.SetIntrospection(token, nil)
		return
	}
	text, err := json.Marshal(reply)
	if err != nil {
		s.fail("SetIntrospection: the reply cannot be written as JSON: %v", err)
		return
	}
	s.oauth.SetIntrospection(token, text)
}
