package testserver

import (
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// Issued is what [Server.Mint] returns. Access is the access token. Refresh is
// the refresh token, or "" if the client does not get one. ID is the ID token,
// or "" without the scope openid. Claims are the claims of the access token,
// even if the token is opaque. Expiry is the expiry of the access token, or
// zero if the token has no exp. Fingerprint identifies the access token, as in
// [Event]. When an Issued is printed or logged, it shows only the Fingerprint.
type Issued = oauth.Issued

// Mint does what [Server.Token] does, and also returns the other tokens that
// the token endpoint would return: a refresh token, if the client may use
// refresh tokens, and an ID token, if the scope contains openid. Both tokens
// require a registered client: see [ForClient].
func (s *Server) Mint(opts ...TokenOption) (Issued, error) {
	issued, err := s.oauth.Issue(editBy(opts))
	if err != nil {
		return Issued{}, fmt.Errorf("testserver.Mint: %w", err)
	}
	return issued, nil
}

// IDToken returns an ID token (OpenID Connect Core 1.0 §2) for the user
// test-user and the client test-client, unless [Subject], [ForClient] or
// [Claim] changes the user or the client. No endpoint of the server accepts an
// ID token as an access token.
func (s *Server) IDToken(opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.IDToken(editBy(opts))
	if err != nil {
		s.fail("IDToken: %v", err)
	}
	return t
}
