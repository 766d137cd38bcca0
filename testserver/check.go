package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/apicheck"

// ForCheck gives package apitest access to the server. The type that it returns
// is internal, so no other package can use it. opts apply to every token that
// the check sends.
func (s *Server) ForCheck(opts ...TokenOption) apicheck.Issuer {
	return apicheck.Issuer{
		Mint: s.oauth.Mint, Token: editBy(opts), Trap: s.oauth.Attacker.Trap(), InMemory: s.memory,
		Fetches: func() int { return s.Count(EndpointJWKS) }, Now: s.oauth.Clock.Now,
		Certificate: s.oauth.IssueCertificate,
	}
}
