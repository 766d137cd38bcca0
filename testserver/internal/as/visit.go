package as

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// visitTTL is how long a browser stays logged in.
const visitTTL = 24 * time.Hour

// visit is the session of a browser. It begins before anybody logs in, so that
// the form of the login has its CSRF token, and gets a new name when somebody
// does.
type visit struct {
	CSRF      string
	Sub       string
	AuthTime  time.Time
	Consented map[string][]string // scopes by client
	Fresh     digest              // the request that the last login was for
	Pushed    digest              // the last pushed request that it was shown a page for
	Expires   time.Time

	name  string // of its cookie
	known bool
}

// visit returns the session of r as it is now, an unknown one if it has none.
func (s *Server) visit(r *http.Request) *visit {
	name := s.cookie.From(r)
	if name == "" {
		return &visit{}
	}
	now, ok := s.grants.visit(sha256.Sum256([]byte(name)), s.Clock.Now())
	if !ok {
		return &visit{}
	}
	if _, known := s.registry.user(now.Sub); !known { // somebody has removed the user
		now.Sub, now.AuthTime, now.Consented = "", time.Time{}, nil
	}
	now.name, now.known = name, true
	return &now
}

func (g *grants) visit(name digest, at time.Time) (now visit, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	v, ok := g.visits.kept[name]
	if !ok || !at.Before(v.Expires) {
		return visit{}, false
	}
	now = *v
	now.Consented = maps.Clone(v.Consented)
	return now, true
}

// loggedInFor reports whether the last login was for this request.
func (v *visit) loggedInFor(a *authorization) bool { return v.Fresh == sha256.Sum256([]byte(a.raw)) }

// begin makes a session of v under a new name, in place of the one it had.
func (s *Server) begin(w http.ResponseWriter, v *visit) {
	now := s.Clock.Now()
	old := v.name
	v.name, v.known, v.CSRF, v.Expires = s.Source.Handle("session"), true, s.Source.Handle("csrf"), now.Add(visitTTL)
	kept := *v
	s.grants.mu.Lock()
	s.grants.changed(now)
	delete(s.grants.visits.kept, sha256.Sum256([]byte(old)))
	s.grants.visits.put(sha256.Sum256([]byte(v.name)), &kept)
	s.grants.mu.Unlock()
	s.cookie.Set(w, v.name)
}

// visited changes what is kept of v.
func (g *grants) visited(v *visit, change func(*visit)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if kept, ok := g.visits.kept[sha256.Sum256([]byte(v.name))]; ok {
		change(kept)
	}
}

// leave ends the session.
func (s *Server) leave(w http.ResponseWriter, v *visit) {
	s.grants.mu.Lock()
	delete(s.grants.visits.kept, sha256.Sum256([]byte(v.name)))
	s.grants.mu.Unlock()
	s.cookie.Clear(w)
}

func (s *Server) showLogin(w http.ResponseWriter, v *visit, p pages.LoginPage) {
	if !v.known {
		s.begin(w, v)
	}
	p.Action, p.CSRF, p.Users = s.paths[LoginPage], v.CSRF, s.registry.names()
	pages.Login(w, p)
}

func (s *Server) showConsent(w http.ResponseWriter, v *visit, p pages.ConsentPage) {
	p.Action, p.CSRF = s.paths[ConsentPage], v.CSRF
	pages.Consent(w, p)
}

func boxes(scopes []string) []pages.ScopeBox {
	var list []pages.ScopeBox
	for _, scope := range scopes {
		list = append(list, pages.ScopeBox{Name: scope, Checked: true})
	}
	return list
}
