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

// SetIntrospection makes [EndpointIntrospect] answer reply for token, whatever that
// is and whether it was revoked or not:
//
//	s.SetIntrospection("legacy", map[string]any{"active": true, "sub": "alice", "aud": "api", "scope": "orders:read"})
//	s.SetIntrospection(token, map[string]any{"active": "true"}) // not a boolean: no API may believe it
//
// reply is all that the API learns, sent as it is, so that it can lack members and
// have them of any type; nil ends it. For answers that are not a JSON object use
// [Server.Inject].
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
