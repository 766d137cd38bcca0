package as

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// revocation is the revocation endpoint (RFC 7009 §2). It says 200 to what it
// does not know, and to another client's token, which stays good: that there is
// such a token is nobody's business.
func (s *Server) revocation(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	var c *registered
	if failed == nil {
		c, failed = s.authenticate(r, form)
	}
	if failed == nil {
		s.journal.identified(r, c.ID)
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

// revokeFor ends a token of the client's. token_type_hint is no more than a
// hint, and not needed here.
func (s *Server) revokeFor(client, token string) {
	if id, _, ok := s.readRefresh(token); ok {
		s.endFamily(token, func(f *Family) bool { return f.ID == id && f.Client == client })
		return
	}
	claims, _, ok := s.known(token)
	if !ok {
		return
	}
	if owner, _ := claims.text("client_id"); owner == client {
		s.endAccess(token, claims)
	}
}

func (s *Server) endFamily(token string, match func(*Family) bool) {
	s.note(revoked("", Fingerprint(token), s.grants.revoke(match)...)...)
}

func (s *Server) endAccess(token string, claims Object) {
	s.store.Revoke(token)
	client, _ := claims.text("client_id")
	sub, _ := claims.text("sub")
	f := s.grants.family(token)
	s.note(event{Kind: persist.Revoked, ClientID: client, Sub: sub, Family: f.ID, Fingerprint: Fingerprint(token)})
}

// RevokeSubject ends all grants of sub with the tokens that came of them.
func (s *Server) RevokeSubject(sub string) int {
	s.grants.withdraw(sub)
	ended := s.grants.revoke(func(f *Family) bool { return f.Sub == sub })
	s.note(revoked("subject", "", ended...)...)
	return len(ended)
}

// Revoke ends a token of this server, with its family if it is a refresh token;
// false if it is none.
func (s *Server) Revoke(token string) bool {
	if id, _, ok := s.readRefresh(token); ok {
		s.endFamily(token, func(f *Family) bool { return f.ID == id })
		return true
	}
	claims, _, ok := s.known(token)
	if !ok {
		return false
	}
	s.endAccess(token, claims)
	return true
}

// SetIntrospection makes introspection of text answer reply, which is JSON; nil
// ends that.
func (s *Server) SetIntrospection(text string, reply []byte) { s.store.say(text, reply) }
