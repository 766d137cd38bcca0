package registry

import (
	"crypto/sha256"
	"errors"
	"slices"
)

// State is what a registry has to keep.
type State struct {
	Clients []*Registered // in the order of their IDs
	Users   []Account     // oldest first
}

// State returns what is registered, and holds it until unlock.
func (r *Registry) State() (state State, unlock func()) {
	k, unlock := r.known.RLock()
	return State{Clients: k.sorted(), Users: k.users}, unlock
}

// Check reports what no registry has, as in a file that was edited. It says where
// and not what.
func (s State) Check() error {
	clients, subs := map[string]bool{}, map[string]bool{}
	for _, c := range s.Clients {
		if c == nil {
			return errors.New("a client is null")
		}
		shown := c.Client
		if !c.Public && c.Digest != sha256.Sum256(nil) {
			shown.Secret = "kept as its digest"
		}
		if shown.check() != nil || c.Itself && !c.Public {
			return errors.New("a client is not one that could be registered")
		}
		clients[c.ID] = true
	}
	for _, u := range s.Users {
		subs[u.Sub] = true
	}
	if len(clients) != len(s.Clients) || len(subs) != len(s.Users) {
		return errors.New("a client or a user is there twice")
	}
	return nil
}

// Restore adds what the registry does not have yet. The state has been checked.
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
		c.Admitted = c.Admitted || c.Itself // earlier programs wrote only the latter
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
