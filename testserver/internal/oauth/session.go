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

// sessions are those of browsers, with the forms of their pages.
type sessions struct{ *Server }

// session returns the session of r as it is now, an unknown one if it has none.
func (s sessions) session(r *http.Request) *grants.Session {
	name := s.cookie.From(r)
	if name == "" {
		return &grants.Session{}
	}
	now := s.grants.Session(name, s.Clock.Now())
	if _, known := s.Registry.User(now.Sub); !known { // nobody has logged in, or the user has been removed
		now.Sub, now.AuthTime, now.ACR, now.Consented = "", time.Time{}, "", nil
	}
	return now
}

// loggedInFor reports whether the last login was for this request.
func loggedInFor(v *grants.Session, a *authorization) bool {
	return v.Fresh == sha256.Sum256([]byte(a.raw))
}

// acrOf is the authentication context of a login: the first wanted one that the
// user can have, else the user's first.
func (s *Server) acrOf(sub string, wanted []string) string {
	u, _ := s.Registry.User(sub)
	for _, acr := range wanted {
		if len(u.ACR) == 0 || slices.Contains(u.ACR, acr) {
			return acr
		}
	}
	return strings.Join(u.ACR[:min(len(u.ACR), 1)], "")
}

// stepsUp reports whether a new login has an authentication context that the
// request wants, and that of the session is not wanted (RFC 9470 §4).
func (s *Server) stepsUp(a *authorization, v *grants.Session) bool {
	return !slices.Contains(a.acrs, v.ACR) && slices.Contains(a.acrs, s.acrOf(v.Sub, a.acrs))
}

// begin makes a session of v under a new name, in place of the one it had.
func (s sessions) begin(w http.ResponseWriter, v *grants.Session) {
	now := s.Clock.Now()
	old := v.Name
	v.Name, v.Known, v.CSRF, v.Expires = s.Source.Handle("session"), true, s.Source.Handle("csrf"), now.Add(grants.SessionTTL)
	s.grants.PutSession(old, v, now)
	s.cookie.Set(w, v.Name)
}

func (s sessions) checkCSRF(v *grants.Session, form url.Values) *failure {
	if !v.Known || !pages.Check(v.CSRF, form.Get(pages.FieldCSRF)) {
		return &failure{status: http.StatusForbidden, code: "access_denied", description: "the form is not one of this browser's session: begin again at the application"}
	}
	return nil
}

func (s sessions) showLogin(w http.ResponseWriter, v *grants.Session, p pages.LoginPage) {
	if !v.Known {
		s.begin(w, v)
	}
	p.Action, p.CSRF = s.paths[catalogue.Login], v.CSRF
	for _, u := range s.Registry.Users() {
		p.Users = append(p.Users, person(u))
	}
	pages.Login(w, p)
}

func (s sessions) showConsent(w http.ResponseWriter, v *grants.Session, p pages.ConsentPage) {
	p.Action, p.CSRF = s.paths[catalogue.Consent], v.CSRF
	pages.Consent(w, p)
}

func person(u registry.User) pages.Person {
	return pages.Person{Username: u.Username, Name: text(u.Claims["name"]), Email: text(u.Claims["email"])}
}

// text is a claim that is a string, in Go or as JSON, else "".
func text(claim any) (text string) {
	if raw, isRaw := claim.(json.RawMessage); isRaw {
		_ = json.Unmarshal(raw, &text)
		return text
	}
	text, _ = claim.(string)
	return text
}

func (s *Server) boxes(scopes []string) []pages.ScopeBox {
	var list []pages.ScopeBox
	for _, scope := range scopes {
		list = append(list, pages.Scope(scope, s.config.ScopeDescriptions))
	}
	return list
}
