package testserver

import (
	"errors"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// NextUser makes the user u log in and consent at the next authorization, in
// place of the first of [Users]. The server shows no page, even if it is
// [Interactive]. NextUser registers u, and overwrites an existing user that has
// the same subject. With [Times], the decision applies to more than one
// authorization. [Skip], [Matching] and [FromClient] select the authorizations
// to which the decision applies.
func (s *Server) NextUser(u User, when ...When) *Injection {
	s.helper()
	if u.Sub == "" {
		s.fail("NextUser: the user needs a Sub")
	}
	return s.decide("NextUser", oauth.Decision{User: &u}, when)
}

// DenyNext makes the next authorization fail with an error (RFC 6749 §4.1.2.1),
// such as "access_denied" or "login_required". In the device flow, it denies
// the next device. The conditions have the same meaning as for
// [Server.NextUser].
func (s *Server) DenyNext(errorCode string, when ...When) *Injection {
	s.helper()
	if !registry.IsErrorCode(errorCode) {
		s.fail("DenyNext(%q): give an error code such as access_denied (RFC 6749 §4.1.2.1)", errorCode)
	}
	return s.decide("DenyNext", oauth.Decision{Deny: errorCode}, when)
}

func (s *Server) decide(what string, d oauth.Decision, when []When) *Injection {
	s.helper()
	r := &rule{Rule: journal.Rule{Endpoint: EndpointAny}} // any endpoint, because the user can log in at several
	r.narrow(when)
	if err := errors.Join(r.errs...); err != nil {
		s.fail("%s: %v", what, err)
		return &Injection{}
	}
	if r.Times == 0 {
		r.Times = 1
	}
	return s.oauth.Decide(r.Rule, d)
}
