package testserver

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// OpaqueTokens makes access tokens handles, 32 characters that say nothing and
// that only the server knows what to make of: an API asks it, at [EndpointIntrospect]
// (RFC 7662). Given to a server it holds for all its tokens, given to one token
// for that.
//
//	s.Authorize(r, testserver.OpaqueTokens(), testserver.Scope("orders:read"))
//
// The claims are those that a JWT would have. The server keeps them, under a hash
// of the handle, for the last 100 000 tokens. [SigningAlg] has no effect on a
// handle; [SignedWith], [Typ] and [JOSEHeader] with it are a fault. Without exp a
// token never expires, and claims of the wrong type are shown as they are.
func OpaqueTokens() SharedOption {
	return sharedOption(func(d *token.Draft) { d.Opaque = true })
}

// Revoke ends an access token of this server, opaque or a JWT, for introspection,
// or a refresh token with all that came of its grant (RFC 7009 §2.1). It reports
// whether token is one of the server's, expired or revoked before or not. JWTs that
// differ only in the signature are one token. The server remembers the last 100 000
// revocations. An API that caches answers goes on accepting the token until the
// cached one expires.
func (s *Server) Revoke(token string) bool { return s.oauth.Revoke(token) }

// RevokeSubject ends all grants of sub with the tokens that came of them, from
// the token endpoint and from [Server.Mint], and reports how many there were. It
// knows nothing of what [Server.Token] made.
func (s *Server) RevokeSubject(sub string) int { return s.oauth.RevokeSubject(sub) }

// SetIntrospection makes [EndpointIntrospect] answer reply for token, whatever that
// is and whether it was revoked or not:
//
//	s.SetIntrospection("legacy", map[string]any{"active": true, "sub": "alice", "aud": "api", "scope": "orders:read"})
//	s.SetIntrospection(token, map[string]any{"active": "true"}) // not a boolean: no API may believe it
//
// reply is all that the API learns, sent as it is; nil ends it. For answers that are
// not a JSON object use [Server.Inject].
func (s *Server) SetIntrospection(token string, reply map[string]any) {
	s.helper()
	if token == "" {
		s.fail("SetIntrospection: the token is empty: nobody can ask for it")
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
