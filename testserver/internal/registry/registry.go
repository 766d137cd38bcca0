package registry

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

// Bounds of what anybody may add. They are stated in the documentation of package
// testserver.
const (
	maxItself     = 1000 // clients that register themselves by their first request
	maxRegistered = 1000 // clients that registration requests have registered

	// MaxText is the most that a request may choose for a client's ID or name, in bytes.
	MaxText = 256
)

// Registry has the clients and the users. Its methods may be called from any
// goroutine.
type Registry struct{ known guarded.Value[known] }

type known struct {
	clients map[string]*Registered
	users   []Account // oldest first, never changed in place
}

// New has clients besides the default ones, and users, or the default one if
// there are none.
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

// OnChange calls f after each change. It is set before the registry is shared.
func (r *Registry) OnChange(f func()) { r.known.OnChange(f) }

// Put registers a client, in place of one with its ID.
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

// Admit registers a client by the first redirect URI that it uses; false if there
// is no room for it, or it is not one that could be registered.
func (r *Registry) Admit(id, redirectURI string) (*Registered, bool) {
	if id == "" || !IsVisible(id) || len(id) > MaxText || CheckRedirect(redirectURI) != nil {
		return nil, false
	}
	k, unlock := r.known.Lock()
	defer unlock()
	if c, ok := k.clients[id]; ok { // another request was first
		return c, true
	}
	// Its tokens would be taken for those of the user (RFC 9700 §4.15).
	if k.count(func(c *Registered) bool { return c.Admitted }) >= maxItself || slices.ContainsFunc(k.users, func(u Account) bool { return u.Sub == id }) {
		return nil, false
	}
	c := &Registered{Client: Client{ID: id, Public: true, RedirectURIs: []string{redirectURI}}, Itself: true, Admitted: true}
	k.put(c)
	return c, true
}

// settle makes a client that registered itself a confidential one.
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

// Register adds a client that a request registers; false if it is full.
func (r *Registry) Register(c *Registered) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	if k.count(func(c *Registered) bool { return c.Managed != nil }) >= maxRegistered {
		return false
	}
	k.put(c)
	return true
}

// Swap puts next in the place of old, nil meaning no client; false if another
// request was first.
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

// Remove takes a client out; false if it is unknown. Its access tokens stay what
// they are.
func (r *Registry) Remove(id string) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	_, ok := k.clients[id]
	delete(k.clients, id)
	return ok
}

// Client returns the client with that ID.
func (r *Registry) Client(id string) (*Registered, bool) {
	k, unlock := r.known.RLock()
	defer unlock()
	c, ok := k.clients[id]
	return c, ok
}

// NameOf is what people are shown of a client.
func (r *Registry) NameOf(id string) string {
	if c, ok := r.Client(id); ok {
		return cmp.Or(c.Name, id)
	}
	return id
}

// Clients are all clients, in the order of their IDs.
func (r *Registry) Clients() []*Registered {
	k, unlock := r.known.RLock()
	defer unlock()
	return k.sorted()
}

func (k *known) sorted() []*Registered {
	return slices.SortedFunc(maps.Values(k.clients), func(a, b *Registered) int { return cmp.Compare(a.ID, b.ID) })
}

// Authenticate returns the client id if that is its secret. It takes as long for
// a client that is unknown, and for any secret.
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
