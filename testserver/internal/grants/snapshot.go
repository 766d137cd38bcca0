package grants

import (
	"errors"
	"math"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Snapshot is the part of a Store that a state file contains: everything except
// sessions.
type Snapshot struct {
	Families bounded.Map[string, *Family]
	Codes    bounded.Map[token.Digest, *Code]
	Devices  bounded.Map[token.Digest, *Device]
	Issued   bounded.Map[token.Digest, string]
	Used     bounded.Map[token.Digest, time.Time]
	Pushed   bounded.Map[token.Digest, *Pushed]
}

// Snapshot returns the entries that a state file contains.
func (g *State) Snapshot() Snapshot {
	return Snapshot{Families: g.Families, Codes: g.Codes, Devices: g.Devices, Issued: g.Issued, Used: g.Used, Pushed: g.Pushed}
}

// Restore replaces the contents of the store, except sessions, with the
// contents of a snapshot. The caller must have checked the snapshot.
func (g *Store) Restore(saved Snapshot) {
	all, unlock := g.Lock()
	defer unlock()
	all.Families, all.Codes, all.Devices = saved.Families, saved.Codes, saved.Devices
	all.Issued, all.Used, all.Pushed = saved.Issued, saved.Used, saved.Pushed
	all.ByCode = map[token.Digest]token.Digest{}
	for d, device := range saved.Devices.All() {
		all.ByCode[device.UserCode] = d
	}
}

// Check returns an error for values that only an edited state file can contain.
// The errors do not show the values.
func (k Snapshot) Check() error {
	for id, f := range k.Families.All() {
		if f == nil || f.ID != id || f.Generation < 0 || f.Generation >= math.MaxInt32 {
			return errors.New("a grant is invalid")
		}
	}
	for _, c := range k.Codes.All() {
		if c == nil {
			return errors.New("a code is null")
		}
	}
	for _, p := range k.Pushed.All() {
		if p == nil {
			return errors.New("a pushed request is null")
		}
		for _, values := range p.Form {
			if len(values) == 0 {
				return errors.New("a parameter of a pushed request has no value")
			}
		}
	}
	for _, d := range k.Devices.All() {
		if d == nil || d.Interval < 0 {
			return errors.New("a device authorization is null, or its interval is negative")
		}
	}
	return nil
}
