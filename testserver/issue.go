package testserver

import (
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// Issued is the result of [Server.Mint]. Access is the access token. Refresh is
// the refresh token, or "" if the client does not receive a refresh token. ID
// is the ID token, or "" if the scope does not contain openid. Claims are the
// claims of the access token, even if the token is opaque. Expiry is the time
// when the access token expires, or zero if the token has no exp. Fingerprint
// identifies the access token, as in [Event]. When an Issued is printed or
// logged, only the Fingerprint is shown.
type Issued = oauth.Issued

// Mint makes the same access token as [Server.Token]. It also returns the other
// tokens that the token endpoint would return: a refresh token, if the client
// may use refresh tokens, and an ID token, if the scope contains openid. Both
// tokens require a registered client: see [ForClient].
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
