package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

// ForCheck is how package apitest reaches the server: what it returns is of an
// internal type, and of no use to anybody else. The options change all tokens of
// the check.
func (s *Server) ForCheck(opts ...TokenOption) apicheck.Issuer {
	return apicheck.Issuer{
		Mint: s.oauth.Mint, Token: editBy(opts), Trap: s.oauth.Attacker.Trap(), InMemory: s.memory,
		Fetches: func() int { return s.Count(EndpointJWKS) },
	}
}
