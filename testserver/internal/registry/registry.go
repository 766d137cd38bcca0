package registry

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

// maxItself, maxRegistered and MaxText limit the clients that any caller may
// add. The documentation of package testserver states the limits.
const (
	maxItself     = 1000 // clients admitted by their first request
	maxRegistered = 1000 // clients registered by registration requests

	// MaxText is the maximum length of a client's ID or name in a request, in
	// bytes.
	MaxText = 256
)

// Registry holds the clients and the users. Its methods may be called from any
// goroutine.
type Registry struct{ known guarded.Value[known] }

type known struct {
	clients map[string]*Registered
	users   []Account // oldest first; never changed in place
}

// New returns a Registry with the default clients, the given clients and the
// given users. If users is empty, the Registry has the default user.
func New(clients []Client, users []User) (*Registry, error) {
	r := &Registry{}
	for _, c := range slices.Concat(DefaultClients(), clients) {
		known, err := NewRegistered(c)
		if err != nil {
			return nil, err
		}
		r.Put(known)
	}
	if len(users) == 0 {
		users = []User{DefaultUser()}
	}
	for _, u := range users {
		r.PutUser(u)
	}
	return r, nil
}

// OnChange sets a function to call after each change. Call OnChange before the
// registry is shared.
func (r *Registry) OnChange(f func()) { r.known.OnChange(f) }

// Put registers a client. It overwrites an existing client that has this ID.
func (r *Registry) Put(c *Registered) {
	k, unlock := r.known.Lock()
	defer unlock()
	k.put(c)
}

func (k *known) put(c *Registered) {
	if k.clients == nil {
		k.clients = map[string]*Registered{}
	}
	k.clients[c.ID] = c
}

func (k *known) count(which func(*Registered) bool) (n int) {
	for _, c := range k.clients {
		if which(c) {
			n++
		}
	}
	return n
}

// Admit registers a public client when its first request arrives. The redirect
// URI of this request becomes the redirect URI of the client. Admit returns
// false if the limit is reached or the client is not valid.
func (r *Registry) Admit(id, redirectURI string) (*Registered, bool) {
	if id == "" || !IsVisible(id) || len(id) > MaxText || CheckRedirect(redirectURI) != nil {
		return nil, false
	}
	k, unlock := r.known.Lock()
	defer unlock()
	if c, ok := k.clients[id]; ok { // an earlier request has registered the client
		return c, true
	}
	// The client must not have the ID of a user. Otherwise a token of the
	// client could be mistaken for a token of the user (RFC 9700 §4.15).
	if k.count(func(c *Registered) bool { return c.Admitted }) >= maxItself || slices.ContainsFunc(k.users, func(u Account) bool { return u.Sub == id }) {
		return nil, false
	}
	c := &Registered{Client: Client{ID: id, Public: true, RedirectURIs: []string{redirectURI}}, Itself: true, Admitted: true}
	k.put(c)
	return c, true
}

// settle sets the secret of a client that was registered by its first request.
// This makes the client confidential. settle returns false if the client
// already has a secret, or if the given secret is not valid.
func (r *Registry) settle(id, secret string) (*Registered, bool) {
	k, unlock := r.known.Lock()
	defer unlock()
	c, ok := k.clients[id]
	if !ok || !c.Itself || secret == "" || !IsVisible(secret) {
		return nil, false
	}
	settled := *c
	settled.Itself, settled.Public, settled.Digest = false, false, sha256.Sum256([]byte(secret))
	k.put(&settled)
	return &settled, true
}

// Register adds a client that a registration request describes. It returns
// false if the limit is reached.
func (r *Registry) Register(c *Registered) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	if k.count(func(c *Registered) bool { return c.Managed != nil }) >= maxRegistered {
		return false
	}
	k.put(c)
	return true
}

// Swap replaces old, the client with the given ID, with next. If old is nil,
// Swap adds next as a new client. If next is nil, Swap removes the client. If
// another request has changed the client in the meantime, Swap changes nothing
// and returns false.
func (r *Registry) Swap(id string, old, next *Registered) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	if k.clients[id] != old {
		return false
	}
	if next == nil {
		delete(k.clients, id)
		return true
	}
	k.put(next)
	return true
}

// Remove removes a client. It returns false if the client is unknown. Access
// tokens of the client stay valid.
func (r *Registry) Remove(id string) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	_, ok := k.clients[id]
	delete(k.clients, id)
	return ok
}

// Client returns the client with the given ID.
func (r *Registry) Client(id string) (*Registered, bool) {
	k, unlock := r.known.RLock()
	defer unlock()
	c, ok := k.clients[id]
	return c, ok
}

// NameOf returns the name of a client as users see it.
func (r *Registry) NameOf(id string) string {
	if c, ok := r.Client(id); ok {
		return cmp.Or(c.Name, id)
	}
	return id
}

// Clients returns all clients, sorted by ID.
func (r *Registry) Clients() []*Registered {
	k, unlock := r.known.RLock()
	defer unlock()
	return k.sorted()
}

func (k *known) sorted() []*Registered {
	return slices.SortedFunc(maps.Values(k.clients), func(a, b *Registered) int { return cmp.Compare(a.ID, b.ID) })
}

// Authenticate returns the client with the given ID if the secret is right. If
// the field Itself of the client is true, Authenticate first tries to make the
// given secret the secret of the client. In all other cases, the time that
// Authenticate takes depends neither on the secret nor on whether the client
// exists.
func (r *Registry) Authenticate(id, secret string) (*Registered, bool) {
	client, known := r.Client(id)
	if known && client.Itself {
		if settled, ok := r.settle(id, secret); ok {
			return settled, true
		}
	}
	var want [sha256.Size]byte
	if known {
		want = client.Digest
	}
	got := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(want[:], got[:]) == 1
	if !same || !known || client.Public || secret == "" {
		return nil, false
	}
	return client, true
}
