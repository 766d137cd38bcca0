package grants

import (
	"crypto/sha256"
	"maps"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// sweepEvery is how many changes there are between two looks for what is over.
const sweepEvery = 4096

// lastYear is the last that a time in JSON can have (RFC 3339 §5.6). A test may
// ask for more.
const lastYear = 9999

// Store is what has become of authorizations, behind a lock.
type Store struct{ guarded.Value[State] }

// State is what the endpoints share. Tokens, codes and sessions are in it as
// their digests.
type State struct {
	Families bounded.Map[string, *Family]
	Codes    bounded.Map[token.Digest, *Code]
	Devices  bounded.Map[token.Digest, *Device]
	ByCode   map[token.Digest]token.Digest        // devices by user code
	Issued   bounded.Map[token.Digest, string]    // the family of an access token
	Used     bounded.Map[token.Digest, time.Time] // assertions, until they expire
	Sessions bounded.Map[token.Digest, *Session]
	Pushed   bounded.Map[token.Digest, *Pushed]
	changes  int
}

// Reset drops everything.
func (g *Store) Reset() {
	all, unlock := g.Lock()
	defer unlock()
	*all = State{changes: all.changes}
}

// Changed looks, now and then, for what is over.
func (g *State) Changed(now time.Time) {
	if g.changes++; g.changes%sweepEvery != 0 {
		return
	}
	g.Families.Sweep(func(f *Family) bool { return now.After(f.Ends) })
	g.Codes.Sweep(func(c *Code) bool {
		_, alive := g.Families.Get(c.FamilyID)
		return now.After(c.Expires) && !alive
	})
	g.Devices.Sweep(func(d *Device) bool {
		if now.After(d.Expires) {
			delete(g.ByCode, d.UserCode)
			return true
		}
		return false
	})
	g.Issued.Sweep(func(id string) bool { _, alive := g.Families.Get(id); return !alive })
	g.Used.Sweep(func(expires time.Time) bool { return now.After(expires) })
	g.Sessions.Sweep(func(s *Session) bool { return now.After(s.Expires) })
	g.Pushed.Sweep(func(p *Pushed) bool { return now.After(p.Expires.Add(PagesTTL)) })
}

// Begin makes a family of f.
func (g *State) Begin(f Family, now time.Time) {
	g.Changed(now)
	g.Families.Put(f.ID, &f)
}

// Begin makes a family of f.
func (g *Store) Begin(f Family, now time.Time) {
	all, unlock := g.Lock()
	defer unlock()
	all.Begin(f, now)
}

// Belongs notes whose an access token is.
func (g *Store) Belongs(text, family string, ends time.Time) {
	all, unlock := g.Lock()
	defer unlock()
	all.Issued.Put(token.Identify(text), family)
	if ends.Year() > lastYear {
		ends = time.Date(lastYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if f, ok := all.Families.Get(family); ok && ends.After(f.Ends) {
		f.Ends = ends
	}
}

// Family returns the family of an access token as it is now, an empty one for a
// token without a family.
func (g *Store) Family(d token.Digest) Family {
	all, unlock := g.RLock()
	defer unlock()
	id, _ := all.Issued.Get(d)
	if f, ok := all.Families.Get(id); ok {
		return *f
	}
	return Family{}
}

// Revoke ends the families that match, and returns those that were not yet over.
func (g *Store) Revoke(match func(*Family) bool) []Family {
	all, unlock := g.Lock()
	defer unlock()
	var ended []Family
	for _, f := range all.Families.All() {
		if !f.Revoked && match(f) {
			f.Revoked = true
			ended = append(ended, *f)
		}
	}
	return ended
}

// RemoveClient ends all that a client has come to have, and leaves nothing for
// another that has its ID next. It returns the families that were not yet over.
func (g *Store) RemoveClient(client string) []Family {
	ended := g.Revoke(func(f *Family) bool { return f.Client == client })
	all, unlock := g.Lock()
	defer unlock()
	all.Codes.Sweep(func(c *Code) bool { return c.Family.Client == client })
	all.Pushed.Sweep(func(p *Pushed) bool { return p.Client == client })
	all.Devices.Sweep(func(d *Device) bool {
		if d.Family.Client == client {
			delete(all.ByCode, d.UserCode)
			return true
		}
		return false
	})
	for _, v := range all.Sessions.All() {
		if _, ok := v.Consented[client]; ok { // another request may be reading the map that is there
			v.Consented = maps.Clone(v.Consented)
			delete(v.Consented, client)
		}
	}
	return ended
}

// Withdraw takes back what sub has agreed to and no client has fetched yet.
func (g *Store) Withdraw(sub string) {
	all, unlock := g.Lock()
	defer unlock()
	all.Codes.Sweep(func(c *Code) bool { return c.FamilyID == "" && c.Family.Sub == sub })
	for _, d := range all.Devices.All() {
		if !d.Used && d.Family.Sub == sub {
			d.Denied = true
		}
	}
}

// Once reports whether text, which is worthless after expires, is new.
func (g *Store) Once(text string, now, expires time.Time) bool {
	all, unlock := g.Lock()
	defer unlock()
	d := sha256.Sum256([]byte(text))
	if _, again := all.Used.Get(d); again {
		return false
	}
	all.Changed(now)
	all.Used.Put(d, expires)
	return true
}
