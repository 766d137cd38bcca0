package testserver

import (
	"errors"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// NextUser makes u log in and agree at the next authorization, instead of the
// first of [Users] and instead of anybody at the pages of [Interactive]. A user
// that nobody has registered is registered. With [Times] it is more than one
// authorization, and [Skip], [Matching] and [FromClient] narrow which.
func (s *Server) NextUser(u User, when ...When) *Injection {
	s.helper()
	if u.Sub == "" {
		s.fail("NextUser: the user has no Sub")
	}
	return s.decide("NextUser", oauth.Decision{User: &u}, when)
}

// DenyNext answers the next authorization with an error (RFC 6749 §4.1.2.1), such
// as "access_denied" or "login_required", and refuses the next device. See
// [Server.NextUser] for when.
func (s *Server) DenyNext(errorCode string, when ...When) *Injection {
	s.helper()
	if !registry.IsErrorCode(errorCode) {
		s.fail("DenyNext(%q): that is no error code (RFC 6749 §4.1.2.1)", errorCode)
	}
	return s.decide("DenyNext", oauth.Decision{Deny: errorCode}, when)
}

func (s *Server) decide(what string, d oauth.Decision, when []When) *Injection {
	s.helper()
	r := &rule{Rule: journal.Rule{Endpoint: EndpointAny}} // whichever endpoint leads to a decision
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
