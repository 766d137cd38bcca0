package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/oauth"

// TokenRequest is a request to the token endpoint: its Form as received,
// secrets included, the ClientID of the authenticated client, or "" without
// one, and the Grant that the client requests.
type TokenRequest = oauth.TokenRequest

// TokenResponse is the response to a [TokenRequest], before it is sent: its
// Status, its Header and the Body that becomes the JSON.
type TokenResponse = oauth.TokenResponse

// OnToken calls f before each response of the token endpoint, errors included,
// and sends the response that f leaves. If f returns an error, the response is
// a 500 with server_error. f stays until remove is called, even after
// [Server.Reset]. The server calls f concurrently, on its own goroutines.
func (s *Server) OnToken(f func(*TokenRequest, *TokenResponse) error) (remove func()) {
	s.helper()
	if f == nil {
		s.fail("OnToken(nil): leave it out")
		return func() {}
	}
	return s.oauth.OnToken(f)
}
