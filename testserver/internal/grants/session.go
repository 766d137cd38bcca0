package grants

import (
	"crypto/sha256"
	"maps"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// SessionTTL is how long a browser stays logged in.
const SessionTTL = 24 * time.Hour

// Session is the session of a browser. It begins before the login, because the
// login form needs a CSRF token. At the login, the session cookie gets a new
// value.
type Session struct {
	CSRF      string
	Sub       string
	AuthTime  time.Time
	ACR       string              `json:",omitempty"` // authentication context of the login
	SID       string              `json:",omitempty"` // the claim sid in tokens
	Consented map[string][]string // granted scopes and requested claims, by client ID
	Fresh     token.Digest        // digest of the authorization request that led to the latest login
	Pushed    token.Digest        // the pushed request whose page was shown most recently
	Expires   time.Time

	Name  string // the value of the session cookie
	Known bool   // false for a new session, which is not stored yet
}

// Session returns a copy of the session that has the given name. If the session
// does not exist or has expired, the field Known of the result is false.
func (g *Store) Session(name string, at time.Time) *Session {
	all, unlock := g.RLock()
	defer unlock()
	saved, ok := all.Sessions.Get(sha256.Sum256([]byte(name)))
	if !ok || !at.Before(saved.Expires) {
		return &Session{}
	}
	now := *saved
	now.Consented = maps.Clone(saved.Consented)
	return &now
}

// PutSession removes the session with the old name, and stores a copy of s
// under s.Name.
func (g *Store) PutSession(old string, s *Session, now time.Time) {
	saved := *s
	all, unlock := g.Lock()
	defer unlock()
	all.Changed(now)
	all.Sessions.Delete(sha256.Sum256([]byte(old)))
	all.Sessions.Put(sha256.Sum256([]byte(s.Name)), &saved)
}

// UpdateSession calls change with the stored session called s.Name, if this
// session exists.
func (g *Store) UpdateSession(s *Session, change func(*Session)) {
	all, unlock := g.Lock()
	defer unlock()
	if saved, ok := all.Sessions.Get(sha256.Sum256([]byte(s.Name))); ok {
		change(saved)
	}
}

// EndSession removes the session.
func (g *Store) EndSession(s *Session) {
	all, unlock := g.Lock()
	defer unlock()
	all.Sessions.Delete(sha256.Sum256([]byte(s.Name)))
}

// LeaveSession clears SID in all families of the session sid. It returns copies
// of these families, which still have the SID. It also deletes the unused codes
// of the session.
func (g *Store) LeaveSession(sid string) []Family {
	if sid == "" {
		return nil
	}
	all, unlock := g.Lock()
	defer unlock()
	all.Codes.Sweep(func(c *Code) bool { return c.FamilyID == "" && c.Family.SID == sid })
	var left []Family
	for _, f := range all.Families.All() {
		if f.SID == sid {
			left = append(left, *f)
			f.SID = ""
		}
	}
	return left
}
