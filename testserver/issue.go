package testserver

import (
	"fmt"

	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// Issued is what [Server.Mint] returns: the Access token, the Refresh token, "" if
// the client gets none, and the ID token, "" without the scope openid; the Claims of
// the access token, whether it shows them or not; its Expiry, zero if it has no exp;
// and its Fingerprint, as in [Event]. Printed or logged it shows only the latter.
type Issued = oauth.Issued

// Mint is [Server.Token] with all that the token endpoint would have given: a
// refresh token, if the client may use it, and an ID token for the scope openid.
// The client must be a registered one for that: see [ForClient].
func (s *Server) Mint(opts ...TokenOption) (Issued, error) {
	issued, err := s.oauth.Issue(editBy(opts))
	if err != nil {
		return Issued{}, fmt.Errorf("testserver.Mint: %w", err)
	}
	return issued, nil
}

// IDToken returns an ID token (OpenID Connect Core 1.0 §2) of test-user for
// test-client, unless [Subject], [ForClient] and [Claim] say otherwise. It is not
// an access token, and no endpoint of the server takes it for one.
func (s *Server) IDToken(opts ...TokenOption) string {
	s.helper()
	t, err := s.oauth.IDToken(editBy(opts))
	if err != nil {
		s.fail("IDToken: %v", err)
	}
	return t
}
