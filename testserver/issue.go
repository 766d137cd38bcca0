package testserver

import (
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// Issued is what [Server.Mint] returns: the Access token; the Refresh token, ""
// if the client does not get one; the ID token, "" without the scope openid;
// the Claims of the access token, even of an opaque one; its Expiry, zero if it
// has no exp; and its Fingerprint, as in [Event]. When an Issued is printed or
// logged, it shows only the Fingerprint.
type Issued = oauth.Issued

// Mint does what [Server.Token] does, and also returns the other tokens that
// the token endpoint would return: a refresh token, if the client may use one,
// and an ID token for the scope openid. These two require a registered client:
// see [ForClient].
func (s *Server) Mint(opts ...TokenOption) (Issued, error) {
	issued, err := s.oauth.Issue(editBy(opts))
	if err != nil {
		return Issued{}, fmt.Errorf("testserver.Mint: %w", err)
	}
	return issued, nil
}

// IDToken returns an ID token (OpenID Connect Core 1.0 §2) for the user
// test-user and the client test-client, unless [Subject], [ForClient] and
// [Claim] change that. No endpoint of the server accepts it as an access token.
func (s *Server) IDToken(opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.IDToken(editBy(opts))
	if err != nil {
		s.fail("IDToken: %v", err)
	}
	return t
}
