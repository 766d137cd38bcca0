package grants

import (
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Device is a device code (RFC 8628 §3.2).
type Device struct {
	Family   Family // the template of the grant; Sub is "" until the end user approves
	UserCode token.Digest
	Denied   bool
	Used     bool
	Expires  time.Time
	Interval time.Duration
	Polled   time.Time
	Waited   time.Duration // the time between the two latest polls
}

// PutDevice stores the device code v under its digest d.
func (g *State) PutDevice(d token.Digest, v *Device) {
	if g.ByCode == nil || len(g.ByCode) > 2*bounded.Limit { // most entries are for dropped device codes
		g.ByCode = map[token.Digest]token.Digest{}
	}
	g.ByCode[v.UserCode] = d
	g.Devices.Put(d, v)
}

// Undecided returns the device with the given user code, if the code is valid
// and the end user has not decided yet.
func (g *State) Undecided(userCode token.Digest, now time.Time) (*Device, bool) {
	d, ok := g.Devices.Get(g.ByCode[userCode])
	if !ok || !now.Before(d.Expires) || d.Denied || d.Family.Sub != "" {
		return nil, false
	}
	return d, true
}
