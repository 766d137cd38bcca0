package grants

import (
	"errors"
	"math"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Kept is what a state file has of a Store. Sessions end with the process.
type Kept struct {
	Families bounded.Map[string, *Family]
	Codes    bounded.Map[token.Digest, *Code]
	Devices  bounded.Map[token.Digest, *Device]
	Issued   bounded.Map[token.Digest, string]
	Used     bounded.Map[token.Digest, time.Time]
	Pushed   bounded.Map[token.Digest, *Pushed]
}

// Kept is what to keep.
func (g *State) Kept() Kept {
	return Kept{Families: g.Families, Codes: g.Codes, Devices: g.Devices, Issued: g.Issued, Used: g.Used, Pushed: g.Pushed}
}

// Restore puts what was kept, which has been checked, in place of what there is.
func (g *Store) Restore(kept Kept) {
	all, unlock := g.Lock()
	defer unlock()
	all.Families, all.Codes, all.Devices = kept.Families, kept.Codes, kept.Devices
	all.Issued, all.Used, all.Pushed = kept.Issued, kept.Used, kept.Pushed
	all.ByCode = map[token.Digest]token.Digest{}
	for d, device := range kept.Devices.All() {
		all.ByCode[device.UserCode] = d
	}
}

// Check reports what no Store has, as in a file that was edited. It says where and
// not what.
func (k Kept) Check() error {
	for id, f := range k.Families.All() {
		if f == nil || f.ID != id || f.Generation < 0 || f.Generation >= math.MaxInt32 {
			return errors.New("a grant is not one")
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
			return errors.New("a device is not one")
		}
	}
	return nil
}
