package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
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
	user := u.inner()
	return s.script("NextUser", &user, "", when)
}

// DenyNext answers the next authorization with an error (RFC 6749 §4.1.2.1), such
// as "access_denied" or "login_required", and refuses the next device. See
// [Server.NextUser] for when.
func (s *Server) DenyNext(errorCode string, when ...When) *Injection {
	s.helper()
	if !isErrorCode(errorCode) {
		s.fail("DenyNext(%q): that is no error code (RFC 6749 §4.1.2.1)", errorCode)
	}
	return s.script("DenyNext", nil, errorCode, when)
}

func (s *Server) script(what string, user *as.User, deny string, when []When) *Injection {
	s.helper()
	r := &rule{Rule: as.Rule{Endpoint: as.Any}} // whatever leads to a decision
	for i, w := range when {
		if w == nil {
			r.errs = append(r.errs, fmt.Errorf("When %d is nil: leave it out", i+1))
			continue
		}
		w.applyWhen(r)
	}
	if err := errors.Join(r.errs...); err != nil {
		s.fail("%s: %v", what, err)
		return &Injection{}
	}
	if r.Times == 0 {
		r.Times = 1
	}
	return &Injection{s.as.Script(r.Rule, user, deny)}
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

// TokenRequest is a request to the token endpoint.
type TokenRequest struct {
	Form     url.Values // as it came, with all that is secret in it
	ClientID string     // "" if no client has authenticated
	Grant    Grant
}

// TokenResponse is the answer to it, before it is sent.
type TokenResponse struct {
	Status int
	Header http.Header
	Body   map[string]any // what becomes the JSON
}

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
	return s.as.OnToken(func(request *as.TokenRequest, answer *as.TokenResponse) error {
		outer := &TokenResponse{Status: answer.Status, Header: answer.Header, Body: answer.Body}
		err := f(&TokenRequest{Form: request.Form, ClientID: request.Client, Grant: Grant(request.Grant)}, outer)
		answer.Status, answer.Header, answer.Body = outer.Status, outer.Header, outer.Body
		return err
	})
}

// RevokeSubject ends all grants of sub with the tokens that came of them, from
// the token endpoint and from [Server.Mint], and reports how many there were. It
// knows nothing of what [Server.Token] made.
func (s *Server) RevokeSubject(sub string) int { return s.as.RevokeSubject(sub) }

// Event is one line of the audit log. It holds no token.
type Event struct {
	Time        time.Time
	Kind        string // issued, refreshed, reuse_detected, revoked, introspected, used, denied, pushed, registered or unregistered
	ClientID    string
	Sub         string
	Fingerprint string // of the token or the code: the first 8 bytes of its SHA-256 in hex
	Family      string // names the grant that the tokens came of
	Scopes      []string
	Reason      string // the grant, the error code, or what led to the event
}

// Events is the audit log: the last 10 000 events since the server began or was
// [Server.Reset], oldest first.
func (s *Server) Events() []Event {
	var list []Event
	for _, e := range s.as.Events() {
		list = append(list, Event{
			Time: e.Time, Kind: string(e.Kind), ClientID: e.ClientID, Sub: e.Sub, Fingerprint: e.Fingerprint,
			Family: e.Family, Scopes: e.Scopes, Reason: e.Reason,
		})
	}
	return list
}
