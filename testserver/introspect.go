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

// Revoke revokes a token of this server. Introspection then reports an access
// token as inactive, whether the token is opaque or a JWT. Revoking a JWT also
// revokes every JWT that differs from it only in the signature. Revoking a
// refresh token also revokes all tokens of its grant (RFC 7009 §2.1). Revoke
// reports whether this server issued the token, even if the token has expired
// or was revoked before. The server stores the last 100 000 revocations. An API
// that caches introspection responses accepts the token until the cached
// response expires.
func (s *Server) Revoke(token string) bool { return s.oauth.Revoke(token) }

// RevokeSubject revokes all grants of the subject sub with their tokens, and
// returns the number of revoked grants. The token endpoint and [Server.Mint]
// make grants. [Server.Token] does not, so RevokeSubject does not revoke tokens
// from [Server.Token].
func (s *Server) RevokeSubject(sub string) int { return s.oauth.RevokeSubject(sub) }

// SetIntrospection makes [EndpointIntrospect] return the given reply when the
// given token is introspected. The token can be any string, even a revoked
// token:
//
//	s.SetIntrospection("legacy", map[string]any{"active": true, "sub": "alice", "aud": "api", "scope": "orders:read"})
//	s.SetIntrospection(token, map[string]any{"active": "true"}) // text, not a boolean: an API must refuse it
//
// The server sends exactly the members of the reply. A nil reply removes the
// earlier reply for the token. For responses that are not a JSON object, use
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
