package testserver

import (
	"errors"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
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
	if !isErrorCode(errorCode) {
		s.fail("DenyNext(%q): that is no error code (RFC 6749 §4.1.2.1)", errorCode)
	}
	return s.decide("DenyNext", oauth.Decision{Deny: errorCode}, when)
}

func (s *Server) decide(what string, d oauth.Decision, when []When) *Injection {
	s.helper()
	r := &rule{Rule: journal.Rule{Endpoint: EndpointAny}} // whatever leads to a decision
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

// isErrorCode is error of RFC 6749 §4.1.2.1.
func isErrorCode(code string) bool {
	for i := range len(code) {
		if c := code[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return code != ""
}

// TokenRequest is a request to the token endpoint: its Form as it came, with all
// that is secret in it, the ClientID of the client that has authenticated, if one
// has, and the Grant that it asks for.
type TokenRequest = oauth.TokenRequest

// TokenResponse is the answer to it, before it is sent: its Status, its Header and
// the Body that becomes the JSON.
type TokenResponse = oauth.TokenResponse

// OnToken calls f before each answer of the token endpoint, refusals included, and
// sends what f leaves of it. An error makes it a 500 with server_error. It stays
// through [Server.Reset], until remove. f runs on the server's goroutines, several
// at a time.
func (s *Server) OnToken(f func(*TokenRequest, *TokenResponse) error) (remove func()) {
	s.helper()
	if f == nil {
		s.fail("OnToken(nil): leave it out")
		return func() {}
	}
	return s.oauth.OnToken(f)
}

// RevokeSubject ends all grants of sub with the tokens that came of them, from
// the token endpoint and from [Server.Mint], and reports how many there were. It
// knows nothing of what [Server.Token] made.
func (s *Server) RevokeSubject(sub string) int { return s.oauth.RevokeSubject(sub) }

// Event is one line of the audit log. It holds no token. Its Kind is issued,
// refreshed, reuse_detected, revoked, introspected, used, denied, pushed, registered
// or unregistered; Fingerprint is that of the token or the code, the first 8 bytes
// of its SHA-256 in hex; Family names the grant that the tokens came of; and Reason
// is the grant, the error code, or what led to the event.
type Event = journal.Event

// Events is the audit log: the last 10 000 events since the server began or was
// [Server.Reset], oldest first.
func (s *Server) Events() []Event { return s.oauth.Audit.Events() }
