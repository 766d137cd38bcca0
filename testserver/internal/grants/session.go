package grants

import (
	"crypto/sha256"
	"maps"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// SessionTTL is how long a browser stays logged in.
const SessionTTL = 24 * time.Hour

// Session is that of a browser. It begins before anybody logs in, so that the form
// of the login has its CSRF token, and gets a new name at the login.
type Session struct {
	CSRF      string
	Sub       string
	AuthTime  time.Time
	ACR       string              `json:",omitempty"` // authentication context of the login
	Consented map[string][]string // scopes and requested claims by client
	Fresh     token.Digest        // the request that the last login was for
	Pushed    token.Digest        // the last pushed request that it was shown a page for
	Expires   time.Time

	Name  string // of its cookie
	Known bool
}

// Session returns a copy of the session of that name; one that is not Known if
// there is none.
func (g *Store) Session(name string, at time.Time) *Session {
	all, unlock := g.RLock()
	defer unlock()
	kept, ok := all.Sessions.Get(sha256.Sum256([]byte(name)))
	if !ok || !at.Before(kept.Expires) {
		return &Session{}
	}
	now := *kept
	now.Consented = maps.Clone(kept.Consented)
	return &now
}

// PutSession keeps a copy of s under its name, in place of the one of the old name.
func (g *Store) PutSession(old string, s *Session, now time.Time) {
	kept := *s
	all, unlock := g.Lock()
	defer unlock()
	all.Changed(now)
	all.Sessions.Delete(sha256.Sum256([]byte(old)))
	all.Sessions.Put(sha256.Sum256([]byte(s.Name)), &kept)
}

// UpdateSession changes what is kept of s.
func (g *Store) UpdateSession(s *Session, change func(*Session)) {
	all, unlock := g.Lock()
	defer unlock()
	if kept, ok := all.Sessions.Get(sha256.Sum256([]byte(s.Name))); ok {
		change(kept)
	}
}

// EndSession removes the session.
func (g *Store) EndSession(s *Session) {
	all, unlock := g.Lock()
	defer unlock()
	all.Sessions.Delete(sha256.Sum256([]byte(s.Name)))
}
