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

// User is a user who can log in. When a User is printed or logged, only the
// subject is shown.
type User struct {
	Sub      string // the subject in tokens
	Username string // for the login; "" means Sub
	Password string `json:"-"`

	// Claims are the claims in UserInfo and ID tokens, in addition to sub. The
	// standard claims require the scope profile, email, address or phone
	// (OpenID Connect Core 1.0 §5.4), or a request for the claim by name
	// (§5.5). Other claims require no scope.
	Claims map[string]any

	// AccessClaims are added to the access tokens that the token endpoint
	// issues about the user, for example the roles of the user. A claim name
	// may be a JSON Pointer.
	AccessClaims map[string]any `json:",omitempty"`

	// ACR lists the authentication contexts that the user's logins can have. A
	// login has the first requested context that is in the list. If the client
	// requests no context from the list, the login has the first context of the
	// list. If the list is empty, the login has the first requested context.
	ACR []string `json:",omitempty"`
}

// CheckACR returns an error if a value cannot be sent in acr_values, for
// example because it contains a space.
func CheckACR(values []string) error {
	for _, acr := range values {
		if CheckScope(acr) != nil { // an acr value may have the same characters as a scope
			return fmt.Errorf("%q: an acr value must not be empty or contain spaces, double quotes, backslashes or characters other than visible ASCII", acr)
		}
	}
	return nil
}

// serversClaims are the access token claims that only the server sets.
var serversClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "cnf", "act"}

// CheckAccessClaims returns an error for claims that are not allowed in
// AccessClaims.
func CheckAccessClaims(claims map[string]any) error {
	for _, name := range token.ClaimNames(claims) {
		path, err := token.ClaimPath(name)
		if err != nil {
			return fmt.Errorf("claim %q: %w", name, err)
		}
		if slices.Contains(serversClaims, path[0]) {
			return fmt.Errorf("claim %q is set by the server: leave it out", name)
		}
	}
	_, err := token.CheckDefaults([]token.Edit{token.SetClaims(claims)})
	return err
}

// String returns the subject of the user, without the password.
func (u User) String() string { return fmt.Sprintf("user %q", u.Sub) }

// GoString returns the same string as String, so that %#v does not show the
// password.
func (u User) GoString() string { return u.String() }

// LogValue returns the same string as String, so that log/slog does not show
// the password.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Account is a user as the server stores it, with a digest instead of the
// password.
type Account struct {
	User
	Digest [sha256.Size]byte
}

// DefaultUser returns the user of a server that has no configured users.
func DefaultUser() User {
	return User{Sub: token.DefaultSubject, Username: token.DefaultSubject, Password: "test-password", Claims: map[string]any{
		"name": "Test User", "email": "test-user@example.com", "email_verified": true,
	}}
}

// PutUser registers a user. It overwrites an existing user that has this
// subject.
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

// RemoveUser removes a user. It returns false if the user is unknown. Grants of
// the user stay valid.
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

// Users returns copies of all users, oldest first.
func (r *Registry) Users() []User {
	var list []User
	for _, a := range r.accounts() {
		a.Claims, a.AccessClaims, a.ACR = maps.Clone(a.Claims), maps.Clone(a.AccessClaims), slices.Clone(a.ACR)
		list = append(list, a.User)
	}
	return list
}

// User returns the user with the given subject.
func (r *Registry) User(sub string) (User, bool) {
	return r.find(func(a Account) bool { return a.Sub == sub })
}

// UserNamed returns the user with the given username.
func (r *Registry) UserNamed(username string) (User, bool) {
	return r.find(func(a Account) bool { return a.Username == username })
}

// Hinted returns the user whose username or subject equals hint, the value of
// login_hint. If hint does not match any user, Hinted returns the first user.
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

// Login returns the user if the password is right. As with
// [Registry.Authenticate], the time that Login takes does not depend on the
// result.
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
