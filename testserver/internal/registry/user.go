package registry

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// User is somebody who can log in. Printed or logged it shows only its subject.
type User struct {
	Sub      string // what tokens call it
	Username string // what it types; "" means Sub
	Password string `json:"-"`

	// Claims are what UserInfo and ID tokens say, beyond sub. The standard claims
	// need their scope, profile, email, address or phone (OpenID Connect Core 1.0
	// §5.4); others need none.
	Claims map[string]any

	// AccessClaims are added to access tokens that the token endpoint issues about the
	// user, such as its roles. Their names may be JSON Pointers.
	AccessClaims map[string]any `json:",omitempty"`

	// ACR are the authentication contexts that its logins can have, beginning with
	// that of a login for which no context is requested. Without any, a login has
	// the first one that is requested.
	ACR []string `json:",omitempty"`
}

// CheckACR reports authentication contexts that acr_values cannot name.
func CheckACR(values []string) error {
	for _, acr := range values {
		if CheckScope(acr) != nil { // the same characters
			return fmt.Errorf("%q: an acr value has no spaces, quotes and backslashes, and is not empty", acr)
		}
	}
	return nil
}

// serversClaims are those that say what an access token is, and who has it.
var serversClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "cnf", "act"}

// CheckAccessClaims reports claims that no user can have.
func CheckAccessClaims(claims map[string]any) error {
	for _, name := range token.ClaimNames(claims) {
		path, err := token.ClaimPath(name)
		if err != nil {
			return fmt.Errorf("claim %q: %w", name, err)
		}
		if slices.Contains(serversClaims, path[0]) {
			return fmt.Errorf("claim %q: the server sets it: leave it out", name)
		}
	}
	_, err := token.CheckDefaults([]token.Edit{token.SetClaims(claims)})
	return err
}

// String names the user without showing its password.
func (u User) String() string { return fmt.Sprintf("user %q", u.Sub) }

// GoString is String, for %#v.
func (u User) GoString() string { return u.String() }

// LogValue is String, for log/slog.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Account is a user as the server keeps it: with the digest of its password
// instead of the password.
type Account struct {
	User
	Digest [sha256.Size]byte
}

// DefaultUser is the user of a server that is given none.
func DefaultUser() User {
	return User{Sub: token.DefaultSubject, Username: token.DefaultSubject, Password: "test-password", Claims: map[string]any{
		"name": "Test User", "email": "test-user@example.com", "email_verified": true,
	}}
}

// PutUser registers a user, in place of one with its subject.
func (r *Registry) PutUser(u User) {
	u.Username = cmp.Or(u.Username, u.Sub)
	u.Claims, u.AccessClaims, u.ACR = maps.Clone(u.Claims), maps.Clone(u.AccessClaims), slices.Clone(u.ACR)
	account := Account{User: u, Digest: sha256.Sum256([]byte(u.Password))}
	account.Password = ""
	k, unlock := r.known.Lock()
	defer unlock()
	k.users = slices.Clone(k.users)
	if i := slices.IndexFunc(k.users, func(other Account) bool { return other.Sub == u.Sub }); i >= 0 {
		k.users[i] = account
		return
	}
	k.users = append(k.users, account)
}

// RemoveUser takes a user out; false if it is unknown. What was granted stays so.
func (r *Registry) RemoveUser(sub string) bool {
	k, unlock := r.known.Lock()
	defer unlock()
	before := len(k.users)
	k.users = slices.DeleteFunc(slices.Clone(k.users), func(a Account) bool { return a.Sub == sub })
	return len(k.users) < before
}

func (r *Registry) accounts() []Account {
	k, unlock := r.known.RLock()
	defer unlock()
	return k.users
}

// Users are copies of all users, the oldest first.
func (r *Registry) Users() []User {
	var list []User
	for _, a := range r.accounts() {
		a.Claims, a.AccessClaims, a.ACR = maps.Clone(a.Claims), maps.Clone(a.AccessClaims), slices.Clone(a.ACR)
		list = append(list, a.User)
	}
	return list
}

// User returns the user with that subject.
func (r *Registry) User(sub string) (User, bool) {
	return r.find(func(a Account) bool { return a.Sub == sub })
}

// UserNamed returns the user who logs in by that name.
func (r *Registry) UserNamed(username string) (User, bool) {
	return r.find(func(a Account) bool { return a.Username == username })
}

// Hinted returns the user that a login_hint names, else the first one.
func (r *Registry) Hinted(hint string) User {
	if u, ok := r.find(func(a Account) bool { return hint != "" && (a.Username == hint || a.Sub == hint) }); ok {
		return u
	}
	u, _ := r.find(func(Account) bool { return true })
	return u
}

func (r *Registry) find(is func(Account) bool) (User, bool) {
	users := r.accounts()
	if i := slices.IndexFunc(users, is); i >= 0 {
		return users[i].User, true
	}
	return User{}, false
}

// Login returns the user with that name if that is the password. As
// [Registry.Authenticate], it takes as long in every case.
func (r *Registry) Login(username, password string) (User, bool) {
	users := r.accounts()
	got := sha256.Sum256([]byte(password))
	var found Account
	known := false
	if i := slices.IndexFunc(users, func(a Account) bool { return a.Username == username }); i >= 0 {
		found, known = users[i], true
	}
	same := subtle.ConstantTimeCompare(found.Digest[:], got[:]) == 1
	if !known || !same || password == "" {
		return User{}, false
	}
	return found.User, true
}
