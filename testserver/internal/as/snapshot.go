package as

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// snapshot is what the server has to remember when it starts again: who is
// registered, and what has become of the grants. Secrets and tokens are in it as
// digests, but for Secret itself, which refresh tokens are made with. Logins end
// with the process, and so does what options say about a client's tokens. Keys
// are somebody else's.
type snapshot struct {
	Secret   []byte
	Clients  []*registered
	Users    []account
	Families latest[string, *Family]
	Codes    latest[digest, *Code]
	Devices  latest[digest, *Device]
	Issued   latest[digest, string]
	Used     latest[digest, time.Time]
	Opaque   latest[digest, []byte]
	Revoked  latest[digest, struct{}]
}

// Snapshot is the state as JSON.
func (s *Server) Snapshot() ([]byte, error) {
	s.registry.mu.RLock()
	defer s.registry.mu.RUnlock()
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	state := snapshot{
		Secret: s.secret, Users: s.registry.users,
		Families: s.grants.families, Codes: s.grants.codes, Devices: s.grants.devices, Issued: s.grants.issued, Used: s.grants.used,
		Opaque: s.store.opaque, Revoked: s.store.revoked,
	}
	for _, c := range s.registry.clients {
		state.Clients = append(state.Clients, c)
	}
	slices.SortFunc(state.Clients, func(a, b *registered) int { return strings.Compare(a.ID, b.ID) })
	return json.Marshal(state) //nolint:gosec // the secret goes to a file that is for its owner alone
}

// Restore puts the state of a Snapshot in place of the server's own. Nobody may
// use the server before it returns.
func (s *Server) Restore(text []byte) error {
	var state snapshot
	if err := json.Unmarshal(text, &state); err != nil {
		return fmt.Errorf("the state cannot be read: %w", err)
	}
	if len(state.Secret) < 32 {
		return errors.New("the state cannot be read: it has no secret")
	}
	clients, itself := map[string]*registered{}, 0
	for _, c := range state.Clients {
		if c == nil || c.ID == "" {
			return errors.New("the state cannot be read: a client has no ID")
		}
		if len(c.JWKS) > 0 {
			var err error
			if c.Keys, err = c.keys(); err != nil {
				return fmt.Errorf("the state cannot be read: %w", err)
			}
		}
		if c.Itself {
			itself++
		}
		if known, ok := s.registry.clients[c.ID]; ok {
			c.Edits = known.Edits
		}
		clients[c.ID] = c
	}
	s.registry.clients, s.registry.users, s.registry.itself = clients, state.Users, itself
	s.secret = state.Secret
	s.grants.families, s.grants.codes, s.grants.devices = state.Families, state.Codes, state.Devices
	s.grants.issued, s.grants.used = state.Issued, state.Used
	s.grants.byCode = map[digest]digest{}
	for d, device := range state.Devices.kept {
		s.grants.byCode[device.UserCode] = d
	}
	s.store.opaque, s.store.revoked = state.Opaque, state.Revoked
	return nil
}

// MarshalText writes a digest in hex.
func (d digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads it.
func (d *digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || copy(d[:], b) != len(b) || len(b) != len(d) {
		return errors.New("a digest is malformed")
	}
	return nil
}

type entry[K comparable, V any] struct {
	Key   K
	Value V
}

// MarshalJSON writes the values in their order.
func (l latest[K, V]) MarshalJSON() ([]byte, error) {
	list := []entry[K, V]{}
	for i := range l.order {
		key := l.order[(l.oldest+i)%len(l.order)]
		if v, ok := l.kept[key]; ok {
			list = append(list, entry[K, V]{key, v})
		}
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads them.
func (l *latest[K, V]) UnmarshalJSON(text []byte) error {
	var list []entry[K, V]
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*l = latest[K, V]{}
	for _, e := range list {
		l.put(e.Key, e.Value)
	}
	return nil
}
