package as

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
)

// maxItself bounds the clients that register themselves.
const maxItself = 1000

// User is somebody who can log in.
type User struct {
	Sub, Username string
	Password      string `json:"-"`
	Claims        map[string]any
}

// account is a user as the server keeps it.
type account struct {
	User
	Digest [sha256.Size]byte
}

// DefaultUser is the user of a server that is given none.
func DefaultUser() User {
	return User{Sub: defaultSubject, Username: defaultSubject, Password: "test-password", Claims: map[string]any{
		"name": "Test User", "email": "test-user@example.com", "email_verified": true,
	}}
}

// registry is who is known to the server. Reset leaves it alone.
type registry struct {
	mu      gate
	clients map[string]*registered // never changed in place
	users   []account              // oldest first
	itself  int
}

func newRegistry(clients []Client, users []User) (*registry, error) {
	r := &registry{clients: map[string]*registered{}}
	for _, c := range append(DefaultClients(), clients...) {
		if err := r.addClient(c); err != nil {
			return nil, err
		}
	}
	if len(users) == 0 {
		users = []User{DefaultUser()}
	}
	for _, u := range users {
		r.addUser(u)
	}
	return r, nil
}

func (r *registry) addClient(c Client) error {
	c.RedirectURIs, c.Grants, c.Scopes = slices.Clone(c.RedirectURIs), slices.Clone(c.Grants), slices.Clone(c.Scopes)
	c.JWKS, c.Edits = slices.Clone(c.JWKS), slices.Clone(c.Edits)
	known, err := newRegistered(c)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients[c.ID] = known
	return nil
}

// addItself registers a client by the first redirect URI that it uses.
func (r *registry) addItself(id, redirectURI string) (*registered, bool) {
	if id == "" || !isVisible(id) || len(id) > maxText || checkRedirect(redirectURI) != nil {
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.clients[id]; ok { // another request was first
		return c, true
	}
	// Its tokens would be taken for those of the user (RFC 9700 §4.15).
	if r.itself >= maxItself || slices.ContainsFunc(r.users, func(u account) bool { return u.Sub == id }) {
		return nil, false
	}
	r.itself++
	c := &registered{Client: Client{ID: id, Public: true, RedirectURIs: []string{redirectURI}}, Itself: true}
	r.clients[id] = c
	return c, true
}

// settle makes a client that registered itself a confidential one.
func (r *registry) settle(id, secret string) (*registered, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.clients[id]
	if !ok || !c.Itself || secret == "" || !isVisible(secret) {
		return nil, false
	}
	settled := *c
	settled.Itself, settled.Public, settled.Digest = false, false, sha256.Sum256([]byte(secret))
	r.clients[id] = &settled
	return &settled, true
}

func (r *registry) client(id string) (*registered, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c, ok := r.clients[id]
	return c, ok
}

// knows returns the client id if that is its secret. It takes as long for one
// that is unknown, and for any secret.
func (r *registry) knows(id, secret string) (*registered, bool) {
	client, known := r.client(id)
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

func (r *registry) addUser(u User) {
	known := account{User: u, Digest: sha256.Sum256([]byte(u.Password))}
	known.Password = ""
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.users, func(other account) bool { return other.Sub == u.Sub }); i >= 0 {
		r.users = slices.Clone(r.users)
		r.users[i] = known
		return
	}
	r.users = append(slices.Clone(r.users), known)
}

// user returns the user with that sub.
func (r *registry) user(sub string) (User, bool) {
	return r.find(func(a account) bool { return a.Sub == sub })
}

// hinted returns the user whom a login_hint names, else the first one.
func (r *registry) hinted(hint string) User {
	if u, ok := r.find(func(a account) bool { return hint != "" && (a.Username == hint || a.Sub == hint) }); ok {
		return u
	}
	u, _ := r.find(func(account) bool { return true })
	return u
}

// login returns the user with that name if that is the password. As knows, it
// takes as long in every case.
func (r *registry) login(username, password string) (User, bool) {
	r.mu.RLock()
	users := r.users
	r.mu.RUnlock()
	got := sha256.Sum256([]byte(password))
	var found account
	known := false
	if i := slices.IndexFunc(users, func(a account) bool { return a.Username == username }); i >= 0 {
		found, known = users[i], true
	}
	same := subtle.ConstantTimeCompare(found.Digest[:], got[:]) == 1
	if !known || !same || password == "" {
		return User{}, false
	}
	return found.User, true
}

func (r *registry) find(is func(account) bool) (User, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i := slices.IndexFunc(r.users, is)
	if i < 0 {
		return User{}, false
	}
	return r.users[i].User, true
}

// names are those that can log in.
func (r *registry) names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []string
	for _, u := range r.users {
		list = append(list, u.Username)
	}
	return list
}
