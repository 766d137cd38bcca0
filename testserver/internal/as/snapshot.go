package as

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// snapshot is what the server has to remember when it starts again: who is
// registered, and what has become of the grants. Secrets and tokens are in it as
// digests, but for Secret itself, which refresh tokens are made with, and the
// keys. Logins end with the process, and so does what options say about a
// client's tokens.
type snapshot struct {
	Secret   []byte
	Clients  []*registered
	Users    []account
	Families latest[string, *Family]
	Codes    latest[digest, *Code]
	Devices  latest[digest, *Device]
	Issued   latest[digest, string]
	Used     latest[digest, time.Time]
	Pushed   latest[digest, *Pushed]
	Opaque   latest[digest, []byte]
	Revoked  latest[digest, struct{}]
	Keys     keptKeys
	Drawn    map[string]int // from a seed
}

// Snapshot is the state as JSON.
func (s *Server) Snapshot() ([]byte, error) {
	s.registry.mu.RLock()
	defer s.registry.mu.RUnlock()
	s.grants.mu.RLock()
	defer s.grants.mu.RUnlock()
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	state := snapshot{
		Secret: s.secret, Users: s.registry.users,
		Families: s.grants.families, Codes: s.grants.codes, Devices: s.grants.devices, Issued: s.grants.issued, Used: s.grants.used,
		Pushed: s.grants.pushed,
		Opaque: s.store.opaque, Revoked: s.store.revoked,
		Keys:  s.Keys.snapshot(),
		Drawn: s.Source.counts(), // last: what is in the state has been drawn before
	}
	for _, c := range s.registry.clients {
		state.Clients = append(state.Clients, c)
	}
	slices.SortFunc(state.Clients, func(a, b *registered) int { return strings.Compare(a.ID, b.ID) })
	return json.Marshal(state) //nolint:gosec // the secret goes to a file that is for its owner alone
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
	if err := readStrictly(text, &list); err != nil {
		return err
	}
	*l = latest[K, V]{}
	for _, e := range list {
		l.put(e.Key, e.Value)
	}
	if len(l.kept) != len(list) {
		return errors.New("an entry is there twice, or there are too many")
	}
	return nil
}
