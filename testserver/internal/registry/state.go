package registry

import (
	"crypto/sha256"
	"errors"
	"slices"
)

// State is the persistent state of a Registry.
type State struct {
	Clients []*Registered // sorted by ID
	Users   []Account     // oldest first
}

// State returns the state. The registry stays locked until the caller calls
// unlock. The caller must not change the state.
func (r *Registry) State() (state State, unlock func()) {
	k, unlock := r.known.RLock()
	return State{Clients: k.sorted(), Users: k.users}, unlock
}

// Check returns an error if a Registry cannot have written s, for example
// because a user has edited the file. The errors do not contain values of s.
func (s State) Check() error {
	clients, subs := map[string]bool{}, map[string]bool{}
	for _, c := range s.Clients {
		if c == nil {
			return errors.New("a client is null")
		}
		shown := c.Client
		if !c.Public && c.Digest != sha256.Sum256(nil) {
			shown.Secret = "placeholder for the digest"
		}
		if shown.check() != nil || c.Itself && !c.Public {
			return errors.New("a client is invalid")
		}
		clients[c.ID] = true
	}
	for _, u := range s.Users {
		subs[u.Sub] = true
	}
	if len(clients) != len(s.Clients) || len(subs) != len(s.Users) {
		return errors.New("a client or a user is repeated")
	}
	return nil
}

// Restore adds the clients and users of s that the registry does not have yet.
// The caller must call s.Check first.
func (r *Registry) Restore(s State) {
	k, unlock := r.known.Lock()
	defer unlock()
	for _, c := range s.Clients {
		if _, own := k.clients[c.ID]; own {
			continue
		}
		if len(c.JWKS) > 0 {
			c.Keys, _ = KeySet(c.Client)
		}
		c.Admitted = c.Admitted || c.Itself // earlier releases wrote only Itself
		k.put(c)
	}
	own := len(k.users)
	users := slices.Clone(k.users)
	for _, u := range s.Users {
		if !slices.ContainsFunc(k.users[:own], func(o Account) bool { return o.Sub == u.Sub }) {
			users = append(users, u)
		}
	}
	k.users = users
}
