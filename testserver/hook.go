package testserver

import "github.com/bearerguard/bearerguard/testserver/internal/oauth"

// TokenRequest is a request to the token endpoint. The field Form is the form
// as received, including secrets. ClientID is the ID of the authenticated
// client, or "" if no client is authenticated. Grant is the grant that the
// client requests.
type TokenRequest = oauth.TokenRequest

// TokenResponse is the response to a [TokenRequest], before it is sent. It has
// a Status, a Header, and a Body, which is sent as JSON.
type TokenResponse = oauth.TokenResponse

// OnToken calls f before each response of the token endpoint is sent, including
// error responses. f can change the response. If f returns an error, the
// response is a 500 with server_error. The returned function stops the calls.
// [Server.Reset] does not remove f. The server calls f concurrently, on its own
// goroutines.
func (s *Server) OnToken(f func(*TokenRequest, *TokenResponse) error) (remove func()) {
	s.helper()
	if f == nil {
		s.fail("OnToken(nil): give a function")
		return func() {}
	}
	return s.oauth.OnToken(f)
}
