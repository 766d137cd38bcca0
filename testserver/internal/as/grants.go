package as

import (
	"crypto/sha256"
	"time"
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
	Kind      Grant

	Origins []digest `json:",omitempty"` // the tokens that this one was exchanged for, and theirs

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
	UserCode digest
	Denied   bool
	Used     bool
	Expires  time.Time
	Interval time.Duration
	Polled   time.Time
	Waited   time.Duration // before that
}

// grants is the state that the endpoints share. Tokens, codes and sessions are
// in it as their digests.
type grants struct {
	mu       gate
	families latest[string, *Family]
	codes    latest[digest, *Code]
	devices  latest[digest, *Device]
	byCode   map[digest]digest         // devices by user code
	issued   latest[digest, string]    // the family of an access token
	used     latest[digest, time.Time] // assertions, until they expire
	visits   latest[digest, *visit]
	pushed   latest[digest, *Pushed]
	changes  int
}

func (g *grants) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.families, g.codes, g.devices, g.byCode = latest[string, *Family]{}, latest[digest, *Code]{}, latest[digest, *Device]{}, nil
	g.issued = latest[digest, string]{}
	g.used, g.visits = latest[digest, time.Time]{}, latest[digest, *visit]{}
	g.pushed = latest[digest, *Pushed]{}
}

// changed looks, now and then, for what is over. It needs g.mu.
func (g *grants) changed(now time.Time) {
	if g.changes++; g.changes%sweepEvery != 0 {
		return
	}
	g.families.sweep(func(f *Family) bool { return now.After(f.Ends) })
	g.codes.sweep(func(c *Code) bool {
		_, alive := g.families.kept[c.FamilyID]
		return now.After(c.Expires) && !alive
	})
	g.devices.sweep(func(d *Device) bool {
		if now.After(d.Expires) {
			delete(g.byCode, d.UserCode)
			return true
		}
		return false
	})
	g.issued.sweep(func(id string) bool { _, alive := g.families.kept[id]; return !alive })
	g.used.sweep(func(expires time.Time) bool { return now.After(expires) })
	g.visits.sweep(func(v *visit) bool { return now.After(v.Expires) })
	g.pushed.sweep(func(p *Pushed) bool { return now.After(p.Expires.Add(pagesTTL)) })
}

// begin makes a family of f. It needs g.mu.
func (g *grants) begin(f Family, now time.Time) {
	g.changed(now)
	g.families.put(f.ID, &f)
}

// belongs notes whose an access token is.
func (g *grants) belongs(token, family string, ends time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issued.put(identify(token), family)
	if ends.Year() > lastYear {
		ends = time.Date(lastYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if f, ok := g.families.kept[family]; ok && ends.After(f.Ends) {
		f.Ends = ends
	}
}

// family returns the family of an access token as it is now, an empty one for a
// token that is of none.
func (g *grants) family(token string) Family { return g.of(identify(token)) }

func (g *grants) of(token digest) Family {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if f, ok := g.families.kept[g.issued.kept[token]]; ok {
		return *f
	}
	return Family{}
}

// revoke ends the families that match, and returns those that were not yet over.
func (g *grants) revoke(match func(*Family) bool) []Family {
	g.mu.Lock()
	defer g.mu.Unlock()
	var ended []Family
	for _, id := range g.families.order {
		if f, ok := g.families.kept[id]; ok && !f.Revoked && match(f) {
			f.Revoked = true
			ended = append(ended, *f)
		}
	}
	return ended
}

// withdraw takes back what sub has agreed to and no client has fetched yet.
func (g *grants) withdraw(sub string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes.sweep(func(c *Code) bool { return c.FamilyID == "" && c.Family.Sub == sub })
	for _, d := range g.devices.kept {
		if !d.Used && d.Family.Sub == sub {
			d.Denied = true
		}
	}
}

// once reports whether text, which is worthless after expires, is new.
func (g *grants) once(text string, now, expires time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := sha256.Sum256([]byte(text))
	if _, again := g.used.kept[d]; again {
		return false
	}
	g.changed(now)
	g.used.put(d, expires)
	return true
}
