package oauth

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// sessionTTL is how long a browser stays logged in.
const sessionTTL = 24 * time.Hour

// session is that of a browser. It begins before anybody logs in, so that the
// form of the login has its CSRF token, and gets a new name at the login.
type session struct {
	CSRF      string
	Sub       string
	AuthTime  time.Time
	Consented map[string][]string // scopes by client
	Fresh     token.Digest        // the request that the last login was for
	Pushed    token.Digest        // the last pushed request that it was shown a page for
	Expires   time.Time

	name  string // of its cookie
	known bool
}

// session returns the session of r as it is now, an unknown one if it has none.
func (s *Server) session(r *http.Request) *session {
	name := s.cookie.From(r)
	if name == "" {
		return &session{}
	}
	now, ok := s.grants.session(sha256.Sum256([]byte(name)), s.Clock.Now())
	if !ok {
		return &session{}
	}
	if _, known := s.Registry.User(now.Sub); !known { // the user has been removed
		now.Sub, now.AuthTime, now.Consented = "", time.Time{}, nil
	}
	now.name, now.known = name, true
	return &now
}

func (g *grants) session(name token.Digest, at time.Time) (now session, ok bool) {
	all, unlock := g.RLock()
	defer unlock()
	v, ok := all.sessions.Get(name)
	if !ok || !at.Before(v.Expires) {
		return session{}, false
	}
	now = *v
	now.Consented = maps.Clone(v.Consented)
	return now, true
}

// loggedInFor reports whether the last login was for this request.
func (v *session) loggedInFor(a *authorization) bool { return v.Fresh == sha256.Sum256([]byte(a.raw)) }

// begin makes a session of v under a new name, in place of the one it had.
func (s *Server) begin(w http.ResponseWriter, v *session) {
	now := s.Clock.Now()
	old := v.name
	v.name, v.known, v.CSRF, v.Expires = s.Source.Handle("session"), true, s.Source.Handle("csrf"), now.Add(sessionTTL)
	kept := *v
	all, unlock := s.grants.Lock()
	all.changed(now)
	all.sessions.Delete(sha256.Sum256([]byte(old)))
	all.sessions.Put(sha256.Sum256([]byte(v.name)), &kept)
	unlock()
	s.cookie.Set(w, v.name)
}

// update changes what is kept of a session.
func (g *grants) update(v *session, change func(*session)) {
	all, unlock := g.Lock()
	defer unlock()
	if kept, ok := all.sessions.Get(sha256.Sum256([]byte(v.name))); ok {
		change(kept)
	}
}

// end logs the browser out.
func (s *Server) end(w http.ResponseWriter, v *session) {
	all, unlock := s.grants.Lock()
	all.sessions.Delete(sha256.Sum256([]byte(v.name)))
	unlock()
	s.cookie.Clear(w)
}

func (s *Server) showLogin(w http.ResponseWriter, v *session, p pages.LoginPage) {
	if !v.known {
		s.begin(w, v)
	}
	p.Action, p.CSRF = s.paths[catalogue.Login], v.CSRF
	for _, u := range s.Registry.Users() {
		p.Users = append(p.Users, u.Username)
	}
	pages.Login(w, p)
}

func (s *Server) showConsent(w http.ResponseWriter, v *session, p pages.ConsentPage) {
	p.Action, p.CSRF = s.paths[catalogue.Consent], v.CSRF
	pages.Consent(w, p)
}

func boxes(scopes []string) []pages.ScopeBox {
	var list []pages.ScopeBox
	for _, scope := range scopes {
		list = append(list, pages.ScopeBox{Name: scope, Checked: true})
	}
	return list
}
