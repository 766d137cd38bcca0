package oauth

import (
	"encoding/json"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
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
	Families bounded.Map[string, *Family]
	Codes    bounded.Map[token.Digest, *Code]
	Devices  bounded.Map[token.Digest, *Device]
	Issued   bounded.Map[token.Digest, string]
	Used     bounded.Map[token.Digest, time.Time]
	Pushed   bounded.Map[token.Digest, *Pushed]
	Opaque   bounded.Map[token.Digest, []byte]
	Revoked  bounded.Map[token.Digest, struct{}]
	Keys     token.KeptKeys
	Drawn    map[string]int // from a seed
}

// Snapshot is the state as JSON.
func (s *Server) Snapshot() ([]byte, error) {
	people, unlockPeople := s.Registry.State()
	defer unlockPeople()
	granted, unlockGranted := s.grants.RLock()
	defer unlockGranted()
	entries, unlockEntries := s.ledger.entries.RLock()
	defer unlockEntries()
	return json.Marshal(snapshot{ //nolint:gosec // the secret goes to a file that is for its owner alone
		Secret: s.secret, State: people,
		Families: granted.families, Codes: granted.codes, Devices: granted.devices, Issued: granted.issued, Used: granted.used,
		Pushed: granted.pushed,
		Opaque: entries.opaque, Revoked: entries.revoked,
		Keys:  s.Keys.Kept(),
		Drawn: s.Source.Drawn(), // last: what is in the state has been drawn before
	})
}
