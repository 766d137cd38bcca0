package oauth

import (
	"context"
	"net/http"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// revocation serves the revocation endpoint (RFC 7009 §2). It responds with 200
// even if the token is unknown or belongs to another client, so that the
// response does not show whether the token exists. It does not revoke a token
// of another client.
func (s *Server) revocation(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	var c *registry.Registered
	if failed == nil {
		c, failed = s.auth.authenticate(r, form)
	}
	if failed == nil {
		s.Journal.Identify(r, c.ID)
		if !form.Has("token") {
			failed = invalidRequest("the parameter token is missing")
		}
	}
	if failed != nil {
		failed.send(w)
		return
	}
	s.revokeFor(c.ID, form.Get("token"))
	if failed := s.durable(); failed != nil {
		failed.send(w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// revokeFor revokes a token of the client, and ignores any other token. It does
// not need token_type_hint, since the token itself shows its type.
func (s *Server) revokeFor(client, text string) {
	if id, _, ok := grants.ReadRefreshToken(s.secret, text); ok {
		s.endFamily(text, func(f *grants.Family) bool { return f.ID == id && f.Client == client })
		return
	}
	if a, ok := s.readAccessToken(text); ok && a.Client == client {
		s.endAccess(text, a)
	}
}

func (s *Server) endFamily(text string, match func(*grants.Family) bool) {
	s.note(revoked("", journal.Fingerprint(text), s.grants.Revoke(match)...)...)
}

func (s *Server) endAccess(text string, a accessToken) {
	s.ledger.Revoke(text)
	f := s.grants.Family(token.Identify(text))
	s.note(event{Kind: journal.Revoked, ClientID: a.Client, Sub: a.Sub, Family: f.ID, Fingerprint: journal.Fingerprint(text)})
}

// RevokeSubject revokes all grants of the user sub together with their tokens,
// and returns the number of grants. It also invalidates the user's unused
// codes. It sends logout tokens to the clients of the grants.
func (s *Server) RevokeSubject(sub string) int {
	s.grants.Withdraw(sub)
	ended := s.grants.Revoke(func(f *grants.Family) bool { return f.Sub == sub })
	s.note(revoked("subject", "", ended...)...)
	s.pushLogouts(context.Background(), ended)
	return len(ended)
}

// Revoke revokes an access token or a refresh token of this server. If text is
// a refresh token, Revoke revokes the whole family. It returns false if text is
// neither of these.
func (s *Server) Revoke(text string) bool {
	if id, _, ok := grants.ReadRefreshToken(s.secret, text); ok {
		s.endFamily(text, func(f *grants.Family) bool { return f.ID == id })
		return true
	}
	a, ok := s.readAccessToken(text)
	if !ok {
		return false
	}
	s.endAccess(text, a)
	return true
}

// SetIntrospection sets the introspection response for the token in text. reply
// is the response as JSON. If reply is nil, the server gives its normal
// response again.
func (s *Server) SetIntrospection(text string, reply []byte) { s.ledger.SetReply(text, reply) }
