package oauth

import (
	"crypto/sha256"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// sweepEvery is how many changes there are between two looks for what is over.
const sweepEvery = 4096

// lastYear is the last that a time in JSON can have (RFC 3339 §5.6). A test may
// ask for more.
const lastYear = 9999

// Family is one grant and all that came of it: what an end user, or a client
// for itself, has allowed. Its refresh tokens follow from its ID and Generation:
// see refreshToken.
type Family struct {
	ID        string
	Client    string
	Sub       string
	Scopes    []string
	Resources []string
	Details   []string `json:",omitempty"` // authorization_details: see readDetails
	Nonce     string
	ACR       string
	AuthTime  time.Time
	Kind      catalogue.Grant

	Origins []token.Digest `json:",omitempty"` // the tokens that this one was exchanged for, and theirs

	Generation     int // 0 means that there is no refresh token
	RotatedAt      time.Time
	RefreshExpires time.Time
	Ends           time.Time // when nothing of it is good any more
	Revoked        bool
}

// Code is an authorization code (RFC 6749 §4.1.2). Once used it is kept, to be
// recognised.
type Code struct {
	Family      Family // before it is one
	RedirectURI string
	Stated      bool   // redirect_uri was in the request
	Challenge   string // "" without PKCE
	Expires     time.Time
	FamilyID    string // once it is used
}

// Device is a device code (RFC 8628 §3.2).
type Device struct {
	Family   Family // before it is one; without Sub while nobody has decided
	UserCode token.Digest
	Denied   bool
	Used     bool
	Expires  time.Time
	Interval time.Duration
	Polled   time.Time
	Waited   time.Duration // before that
}

// grants is what has become of authorizations.
type grants struct{ guarded.Value[granted] }

// granted is the state that the endpoints share. Tokens, codes and sessions are
// in it as their digests.
type granted struct {
	families bounded.Map[string, *Family]
	codes    bounded.Map[token.Digest, *Code]
	devices  bounded.Map[token.Digest, *Device]
	byCode   map[token.Digest]token.Digest        // devices by user code
	issued   bounded.Map[token.Digest, string]    // the family of an access token
	used     bounded.Map[token.Digest, time.Time] // assertions, until they expire
	sessions bounded.Map[token.Digest, *session]
	pushed   bounded.Map[token.Digest, *Pushed]
	changes  int
}

func (g *grants) reset() {
	all, unlock := g.Lock()
	defer unlock()
	*all = granted{changes: all.changes}
}

// changed looks, now and then, for what is over.
func (g *granted) changed(now time.Time) {
	if g.changes++; g.changes%sweepEvery != 0 {
		return
	}
	g.families.Sweep(func(f *Family) bool { return now.After(f.Ends) })
	g.codes.Sweep(func(c *Code) bool {
		_, alive := g.families.Get(c.FamilyID)
		return now.After(c.Expires) && !alive
	})
	g.devices.Sweep(func(d *Device) bool {
		if now.After(d.Expires) {
			delete(g.byCode, d.UserCode)
			return true
		}
		return false
	})
	g.issued.Sweep(func(id string) bool { _, alive := g.families.Get(id); return !alive })
	g.used.Sweep(func(expires time.Time) bool { return now.After(expires) })
	g.sessions.Sweep(func(s *session) bool { return now.After(s.Expires) })
	g.pushed.Sweep(func(p *Pushed) bool { return now.After(p.Expires.Add(pagesTTL)) })
}

// begin makes a family of f.
func (g *granted) begin(f Family, now time.Time) {
	g.changed(now)
	g.families.Put(f.ID, &f)
}

// begin makes a family of f.
func (g *grants) begin(f Family, now time.Time) {
	all, unlock := g.Lock()
	defer unlock()
	all.begin(f, now)
}

// belongs notes whose an access token is.
func (g *grants) belongs(text, family string, ends time.Time) {
	all, unlock := g.Lock()
	defer unlock()
	all.issued.Put(token.Identify(text), family)
	if ends.Year() > lastYear {
		ends = time.Date(lastYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if f, ok := all.families.Get(family); ok && ends.After(f.Ends) {
		f.Ends = ends
	}
}

// family returns the family of an access token as it is now, an empty one for a
// token without a family.
func (g *grants) family(d token.Digest) Family {
	all, unlock := g.RLock()
	defer unlock()
	id, _ := all.issued.Get(d)
	if f, ok := all.families.Get(id); ok {
		return *f
	}
	return Family{}
}

// revoke ends the families that match, and returns those that were not yet over.
func (g *grants) revoke(match func(*Family) bool) []Family {
	all, unlock := g.Lock()
	defer unlock()
	var ended []Family
	for _, f := range all.families.All() {
		if !f.Revoked && match(f) {
			f.Revoked = true
			ended = append(ended, *f)
		}
	}
	return ended
}

// withdraw takes back what sub has agreed to and no client has fetched yet.
func (g *grants) withdraw(sub string) {
	all, unlock := g.Lock()
	defer unlock()
	all.codes.Sweep(func(c *Code) bool { return c.FamilyID == "" && c.Family.Sub == sub })
	for _, d := range all.devices.All() {
		if !d.Used && d.Family.Sub == sub {
			d.Denied = true
		}
	}
}

// once reports whether text, which is worthless after expires, is new.
func (g *grants) once(text string, now, expires time.Time) bool {
	all, unlock := g.Lock()
	defer unlock()
	d := sha256.Sum256([]byte(text))
	if _, again := all.used.Get(d); again {
		return false
	}
	all.changed(now)
	all.used.Put(d, expires)
	return true
}
