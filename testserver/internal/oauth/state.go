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

// snapshot is the state that survives a restart: clients, users, grants and
// keys. It contains the private keys, and Secret, which authenticates refresh
// tokens. All other secrets, and all tokens, are stored only as digests. The
// snapshot does not contain logins, or the options that a test has set for the
// tokens of a client.
type snapshot struct {
	Secret []byte
	registry.State
	grants.Snapshot
	grants.LedgerSnapshot
	Keys  token.KeyringSnapshot
	Drawn map[string]int // the number of draws from the seed for each label
}

// Snapshot returns the state as JSON.
func (s *Server) Snapshot() ([]byte, error) {
	registered, unlockRegistry := s.Registry.State()
	defer unlockRegistry()
	granted, unlockGranted := s.grants.RLock()
	defer unlockGranted()
	entries, unlockEntries := s.ledger.RLock()
	defer unlockEntries()
	return json.Marshal(snapshot{ //nolint:gosec // the secret goes to a file that only its owner can read
		Secret: s.secret, State: registered, Snapshot: granted.Snapshot(), LedgerSnapshot: entries.Snapshot(), Keys: s.Keys.Snapshot(),
		Drawn: s.Source.Drawn(), // read last, so that it counts every draw for the other members
	})
}

// Restore loads the state that Snapshot returned. The server must not be used
// before Restore returns. If Restore returns an error, the server must not be
// used at all, because a part of the state may have been loaded. A configured
// client, user or key takes precedence over a stored one with the same name,
// and the first configured user stays the first user.
func (s *Server) Restore(text []byte) error {
	var state snapshot
	if readStrictly(text, &state) != nil { // the error could quote the state
		return fmt.Errorf("%w: the state has unknown members or wrong JSON types", persist.ErrDamaged)
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
	s.grants.Restore(state.Snapshot)
	s.ledger.Restore(state.LedgerSnapshot)
	return nil
}

// readStrictly reads the JSON of a state file into v. It refuses unknown
// members, which the next save would lose. It preserves the exact numbers in
// users' claims.
func readStrictly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("unexpected data after the state")
	}
	return nil
}

// check returns an error for values that only an edited file can contain. The
// errors name members, not values.
func (state *snapshot) check() error {
	if len(state.Secret) < 32 {
		return errors.New("the member Secret is missing or shorter than 32 bytes")
	}
	return errors.Join(state.State.Check(), state.checkDrawn(), state.Snapshot.Check(), state.Keys.Check())
}

func (state *snapshot) checkDrawn() error {
	for _, n := range state.Drawn {
		if n < 0 || n > math.MaxInt32 {
			return errors.New("the member Drawn has a value outside 0 to 2147483647")
		}
	}
	return nil
}
