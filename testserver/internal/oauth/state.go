package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/persist"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// snapshot is what the server has to remember when it starts again: who is
// registered, and what has become of the grants. Secrets and tokens are in it as
// digests, except Secret itself, which refresh tokens are made with, and the
// keys. Logins end with the process, and so does what options say about a client's
// tokens.
type snapshot struct {
	Secret []byte
	registry.State
	grants.Kept
	grants.KeptLedger
	Keys  token.KeptKeys
	Drawn map[string]int // from a seed
}

// Snapshot is the state as JSON.
func (s *Server) Snapshot() ([]byte, error) {
	people, unlockPeople := s.Registry.State()
	defer unlockPeople()
	granted, unlockGranted := s.grants.RLock()
	defer unlockGranted()
	entries, unlockEntries := s.ledger.RLock()
	defer unlockEntries()
	return json.Marshal(snapshot{ //nolint:gosec // the secret goes to a file that only its owner can read
		Secret: s.secret, State: people, Kept: granted.Kept(), KeptLedger: entries.Kept(), Keys: s.Keys.Kept(),
		Drawn: s.Source.Drawn(), // last: what is in the state has been drawn before
	})
}

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
	s.Source.Resume(state.Drawn)
	if err := s.Keys.Restore(state.Keys, s.config.Keys); err != nil {
		return err
	}
	s.Registry.Restore(state.State)
	s.secret = state.Secret
	s.grants.Restore(state.Kept)
	s.ledger.Restore(state.KeptLedger)
	return nil
}

// readStrictly reads a state file's JSON: an unknown member would be lost with the
// next save. Numbers in users' claims stay as they are written.
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
	return errors.Join(state.State.Check(), state.checkDrawn(), state.Kept.Check(), state.Keys.Check())
}

func (state *snapshot) checkDrawn() error {
	for _, n := range state.Drawn {
		if n < 0 || n > math.MaxInt32 {
			return errors.New("a count of what was drawn is out of range")
		}
	}
	return nil
}
