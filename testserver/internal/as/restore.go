package as

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// Restore takes the state of a Snapshot, all of it or none. Clients, users and
// keys that the server has been made with stay, in place of others with their
// names, and the first of its users stays the first. Nobody may use the server
// before it returns.
func (s *Server) Restore(text []byte) error {
	var state snapshot
	if readStrictly(text, &state) != nil { // whose words could quote the state
		return fmt.Errorf("%w: its state has members that do not fit", persist.ErrDamaged)
	}
	if err := state.check(); err != nil {
		return fmt.Errorf("%w: %w", persist.ErrDamaged, err)
	}
	s.Source.resume(state.Drawn)
	if err := s.Keys.restore(state.Keys, s.config.Keys); err != nil {
		return err
	}
	s.registry.restore(state.Clients, state.Users)
	s.secret = state.Secret
	s.grants.families, s.grants.codes, s.grants.devices = state.Families, state.Codes, state.Devices
	s.grants.issued, s.grants.used, s.grants.pushed = state.Issued, state.Used, state.Pushed
	s.grants.byCode = map[digest]digest{}
	for d, device := range state.Devices.kept {
		s.grants.byCode[device.UserCode] = d
	}
	s.store.opaque, s.store.revoked = state.Opaque, state.Revoked
	return nil
}

// readStrictly reads a state file's JSON: a member that nobody knows would be
// lost with the next save. Numbers in users' claims stay as they are written.
func readStrictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is something after the state")
	}
	return nil
}

// check reports what no server has, as in a file that somebody has edited. It
// says where and not what.
func (state *snapshot) check() error {
	if len(state.Secret) < 32 {
		return errors.New("it has no secret")
	}
	return errors.Join(state.checkPeople(), state.checkGrants(), state.Keys.check())
}

func (state *snapshot) checkPeople() error {
	clients, subs := map[string]bool{}, map[string]bool{}
	for _, c := range state.Clients {
		if c == nil {
			return errors.New("a client is null")
		}
		shown := c.Client
		if !c.Public && c.Digest != sha256.Sum256(nil) {
			shown.Secret = "kept as its digest"
		}
		if shown.Check() != nil || c.Itself && !c.Public {
			return errors.New("a client is none that could be registered")
		}
		clients[c.ID] = true
	}
	for _, u := range state.Users {
		subs[u.Sub] = true
	}
	if len(clients) != len(state.Clients) || len(subs) != len(state.Users) {
		return errors.New("a client or a user is there twice")
	}
	for _, n := range state.Drawn {
		if n < 0 || n > math.MaxInt32 {
			return errors.New("the count of what was drawn is none")
		}
	}
	return nil
}

func (state *snapshot) checkGrants() error {
	for id, f := range state.Families.kept {
		if f == nil || f.ID != id || f.Generation < 0 || f.Generation >= math.MaxInt32 {
			return errors.New("a grant is none")
		}
	}
	for _, c := range state.Codes.kept {
		if c == nil {
			return errors.New("a code is null")
		}
	}
	for _, p := range state.Pushed.kept {
		if p == nil {
			return errors.New("a pushed request is null")
		}
		for _, values := range p.Form {
			if len(values) == 0 {
				return errors.New("a parameter of a pushed request has no value")
			}
		}
	}
	for _, d := range state.Devices.kept {
		if d == nil || d.Interval < 0 {
			return errors.New("a device is none")
		}
	}
	return nil
}

// restore adds those that the server does not have yet. The clients have been
// checked.
func (r *registry) restore(clients []*registered, users []account) {
	for _, c := range clients {
		if _, own := r.clients[c.ID]; own {
			continue
		}
		if len(c.JWKS) > 0 {
			c.Keys, _ = c.keys()
		}
		if c.Itself {
			r.itself++
		}
		r.clients[c.ID] = c
	}
	own := len(r.users)
	for _, u := range users {
		if !slices.ContainsFunc(r.users[:own], func(o account) bool { return o.Sub == u.Sub }) {
			r.users = append(r.users, u)
		}
	}
}
