package oauth

import (
	"encoding/json"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// snapshot is what the server has to remember when it starts again: who is
// registered, and what has become of the grants. Secrets and tokens are in it as
// digests, except Secret itself, which refresh tokens are made with, and the
// keys. Logins end with the process, and so does what options say about a
// client's tokens.
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
	return json.Marshal(snapshot{ //nolint:gosec // the secret goes to a file that is for its owner alone
		Secret: s.secret, State: people, Kept: granted.Kept(), KeptLedger: entries.Kept(), Keys: s.Keys.Kept(),
		Drawn: s.Source.Drawn(), // last: what is in the state has been drawn before
	})
}
