package grants

import (
	"crypto/sha256"
	"maps"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// sweepEvery is the number of changes between two sweeps of expired entries.
const sweepEvery = 4096

// lastYear is the last year that a time in JSON can have (RFC 3339 §5.6). If a
// test requests a later expiry, the store uses this year instead.
const lastYear = 9999

// Store is a State with a lock.
type Store struct{ guarded.Value[State] }

// State is the state that the endpoints share. It contains digests of tokens
// and codes, not the tokens and codes themselves. Sessions are stored by the
// digests of their names, but each Session also contains its name.
type State struct {
	Families bounded.Map[string, *Family]
	Codes    bounded.Map[token.Digest, *Code]
	Devices  bounded.Map[token.Digest, *Device]
	ByCode   map[token.Digest]token.Digest        // the digest of a device code, by the digest of its user code
	Issued   bounded.Map[token.Digest, string]    // the ID of the family of an access token
	Used     bounded.Map[token.Digest, time.Time] // the expiry of used assertions and proofs
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

// Changed counts a change, and after every 4096 changes removes the expired
// entries.
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

// Begin stores a new family.
func (g *State) Begin(f Family, now time.Time) {
	g.Changed(now)
	g.Families.Put(f.ID, &f)
}

// Begin stores a new family.
func (g *Store) Begin(f Family, now time.Time) {
	all, unlock := g.Lock()
	defer unlock()
	all.Begin(f, now)
}

// Belongs records that an access token belongs to a family. The token expires
// at the given time.
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

// Family returns a copy of the family of an access token, or the zero Family if
// the token does not belong to one.
func (g *Store) Family(d token.Digest) Family {
	all, unlock := g.RLock()
	defer unlock()
	id, _ := all.Issued.Get(d)
	if f, ok := all.Families.Get(id); ok {
		return *f
	}
	return Family{}
}

// Revoke revokes the families for which match returns true. It returns those
// that were not revoked before.
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

// RemoveClient revokes the token families of a client and removes everything
// else that belongs to the client, so that a later client with the same ID
// inherits nothing. It returns the families that were not revoked before.
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
		if _, ok := v.Consented[client]; ok { // copy the map: another request may be reading it
			v.Consented = maps.Clone(v.Consented)
			delete(v.Consented, client)
		}
	}
	return ended
}

// Withdraw invalidates codes and device codes that the user sub has approved.
// It leaves those for which a token has been issued.
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

// Once reports whether this is the first recorded use of text. The use stays
// recorded at least until the given expiry, unless the map is full and later
// uses displace it.
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
