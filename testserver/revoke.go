package testserver

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
