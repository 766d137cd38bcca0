package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/oauth"

// TokenRequest is a request to the token endpoint: its Form as it came, with all
// that is secret in it, the ClientID of the client that has authenticated, if one
// has, and the Grant that it asks for.
type TokenRequest = oauth.TokenRequest

// TokenResponse is the answer to it, before it is sent: its Status, its Header and
// the Body that becomes the JSON.
type TokenResponse = oauth.TokenResponse

// OnToken calls f before each answer of the token endpoint, refusals included, and
// sends what f leaves of it. An error makes it a 500 with server_error. It stays
// through [Server.Reset], until remove. f runs on the server's goroutines, several
// at a time.
func (s *Server) OnToken(f func(*TokenRequest, *TokenResponse) error) (remove func()) {
	s.helper()
	if f == nil {
		s.fail("OnToken(nil): leave it out")
		return func() {}
	}
	return s.oauth.OnToken(f)
}
