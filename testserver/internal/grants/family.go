package grants

import (
	"maps"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Family is one grant and all that came of it: what an end user, or a client
// for itself, has allowed. Its refresh tokens follow from its ID and Generation:
// see [RefreshToken].
type Family struct {
	ID        string
	Client    string
	Sub       string
	Scopes    []string
	Resources []string
	Details   []string `json:",omitempty"` // authorization_details, each as JSON
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

// Pushed is an authorization request that waits for its browser (RFC 9126). Once
// used it is kept, to be recognised, and Form is not.
type Pushed struct {
	Client  string
	Form    url.Values `json:",omitempty"`
	Hinted  string     `json:",omitempty"` // the subject of the id_token_hint, which is not kept itself
	Expires time.Time
	Used    bool
}

// PagesTTL is how long a browser that has begun with a pushed request may take on
// the pages after the request has expired. It is stated in the documentation of
// package testserver.
const PagesTTL = 10 * time.Minute

// UsePushed uses a pushed request up; false if it is unknown or was used before.
func (g *State) UsePushed(d token.Digest) bool {
	p, known := g.Pushed.Get(d)
	if !known || p.Used {
		return false
	}
	p.Used, p.Form, p.Hinted = true, nil, ""
	return true
}

// PutDevice adds a device code.
func (g *State) PutDevice(d token.Digest, v *Device) {
	if g.ByCode == nil || len(g.ByCode) > 2*bounded.Limit { // those of codes that fell out
		g.ByCode = map[token.Digest]token.Digest{}
	}
	g.ByCode[v.UserCode] = d
	g.Devices.Put(d, v)
}

// Undecided returns what a user code stands for while nobody has decided.
func (g *State) Undecided(userCode token.Digest, now time.Time) (*Device, bool) {
	d, ok := g.Devices.Get(g.ByCode[userCode])
	if !ok || !now.Before(d.Expires) || d.Denied || d.Family.Sub != "" {
		return nil, false
	}
	return d, true
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
