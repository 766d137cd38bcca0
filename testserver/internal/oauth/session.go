package oauth

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// sessions manages the sessions of browsers and the pages with forms.
type sessions struct{ *Server }

// session returns a copy of the session that the cookie of r names. If the
// session does not exist, the result is an empty session whose field Known is
// false. If the user has been removed, the copy contains no login.
func (s sessions) session(r *http.Request) *grants.Session {
	name := s.cookie.From(r)
	if name == "" {
		return &grants.Session{}
	}
	now := s.grants.Session(name, s.Clock.Now())
	if _, known := s.Registry.User(now.Sub); !known { // no login yet, or the user has been removed
		now.Sub, now.AuthTime, now.ACR, now.SID, now.Consented = "", time.Time{}, "", "", nil
	}
	return now
}

// loggedInFor reports whether the last login of the session was made for this
// authorization request and less than grants.PagesTTL ago. It returns false
// after the server has sent a code or an error in response to the request.
func (s *Server) loggedInFor(session *grants.Session, a *authorization) bool {
	return session.Fresh == sha256.Sum256([]byte(a.raw)) && s.Clock.Now().Before(session.AuthTime.Add(grants.PagesTTL))
}

// acrOf returns the authentication context of a login: the first context in
// wanted that the user supports. If the user supports none of them, acrOf
// returns the user's first context. A user without configured contexts supports
// every context.
func (s *Server) acrOf(sub string, wanted []string) string {
	u, _ := s.Registry.User(sub)
	for _, acr := range wanted {
		if len(u.ACR) == 0 || slices.Contains(u.ACR, acr) {
			return acr
		}
	}
	return strings.Join(u.ACR[:min(len(u.ACR), 1)], "")
}

// stepsUp reports whether the end user must log in again to get an
// authentication context that the request accepts (RFC 9470 §4). It returns
// true if the request does not accept the context of the session, but would
// accept the context of a new login.
func (s *Server) stepsUp(a *authorization, session *grants.Session) bool {
	return !slices.Contains(a.acrs, session.ACR) && slices.Contains(a.acrs, s.acrOf(session.Sub, a.acrs))
}

// begin sets a new session cookie. It stores the session under the value of the
// new cookie and removes the session that was stored under the old value.
func (s sessions) begin(w http.ResponseWriter, session *grants.Session) {
	now := s.Clock.Now()
	old := session.Name
	session.Name, session.Known, session.CSRF, session.Expires = s.Source.Handle("session"), true, s.Source.Handle("csrf"), now.Add(grants.SessionTTL)
	s.grants.PutSession(old, session, now)
	s.cookie.Set(w, session.Name)
}

func (s sessions) checkCSRF(session *grants.Session, form url.Values) *failure {
	if !session.Known || !pages.Check(session.CSRF, form.Get(pages.FieldCSRF)) {
		return &failure{status: http.StatusForbidden, code: "access_denied", description: "the form does not belong to this browser's session: start again at the application"}
	}
	return nil
}

func (s sessions) showLogin(w http.ResponseWriter, session *grants.Session, p pages.LoginPage) {
	if !session.Known {
		s.begin(w, session)
	}
	p.Action, p.CSRF = s.paths[catalogue.Login], session.CSRF
	for _, u := range s.Registry.Users() {
		p.Users = append(p.Users, pageUser(u))
	}
	pages.Login(w, p)
}

func (s sessions) showConsent(w http.ResponseWriter, session *grants.Session, p pages.ConsentPage) {
	p.Action, p.CSRF = s.paths[catalogue.Consent], session.CSRF
	pages.Consent(w, p)
}

func pageUser(u registry.User) pages.User {
	return pages.User{Username: u.Username, Name: text(u.Claims["name"]), Email: text(u.Claims["email"])}
}

// text returns the value of a claim that is a Go string or a JSON string. It
// returns "" for other claims.
func text(claim any) (text string) {
	if raw, isRaw := claim.(json.RawMessage); isRaw {
		_ = json.Unmarshal(raw, &text)
		return text
	}
	text, _ = claim.(string)
	return text
}

func (s *Server) scopeBoxes(scopes []string) []pages.ScopeBox {
	var list []pages.ScopeBox
	for _, scope := range scopes {
		list = append(list, pages.Scope(scope, s.config.ScopeDescriptions))
	}
	return list
}
