package testserver

import (
	"cmp"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// User is a user who can log in. Sub is the subject. Username is the name for
// the login; the default is Sub. Claims are the claims in UserInfo and ID
// tokens, in addition to sub. The server returns a standard claim only if its
// scope (profile, email, address or phone) is granted (OpenID Connect Core 1.0
// §5.4), or if the client requests the claim by name (§5.5). Other claims do
// not need a scope. AccessClaims are added to the user's access tokens from the
// token endpoint. The names of these claims may be JSON Pointers, as in
// [Claim].
//
// ACR lists the authentication contexts that the user's logins can have. The
// claim acr is the first requested context that is in ACR. If ACR contains no
// requested context, acr is the first context in ACR (RFC 9470, OpenID Connect
// Core 1.0 §5.5.1.1). If ACR is empty, acr is the first requested context.
//
// When a User is printed or logged, only its subject is shown.
type User = registry.User

// Users registers users who can log in. The first user logs in by default.
// Without the option, the only user is test-user, with the password
// test-password, a name and an email.
func Users(u ...User) Option {
	return serverOption(func(c *config) {
		for _, user := range u {
			user.Username = cmp.Or(user.Username, user.Sub)
			if user.Sub == "" {
				c.fail("Users: a user needs a Sub")
			}
			if err := registry.CheckAccessClaims(user.AccessClaims); err != nil {
				c.fail("Users: user %q: AccessClaims: %w", user.Sub, err)
			}
			if err := registry.CheckACR(user.ACR); err != nil {
				c.fail("Users: user %q: ACR: %w", user.Sub, err)
			}
			for _, other := range c.Users {
				if other.Sub == user.Sub || other.Username == user.Username {
					c.fail("Users: user %q has the Sub or Username of another user: choose another", user.Sub)
				}
			}
			c.Users = append(c.Users, user)
		}
	})
}

// AddUser registers a user while the server runs. It overwrites an existing
// user that has the same subject. AddUser sets Sub, Username and Password if
// they are empty, and returns the complete user.
func (s *Server) AddUser(u User) User {
	if u.Sub == "" {
		u.Sub = "user-" + s.oauth.Source.Name("user")
	}
	u.Username = cmp.Or(u.Username, u.Sub)
	if err := registry.CheckAccessClaims(u.AccessClaims); err != nil {
		s.helper()
		s.fail("AddUser: user %q: AccessClaims: %v", u.Sub, err)
	}
	if err := registry.CheckACR(u.ACR); err != nil {
		s.helper()
		s.fail("AddUser: user %q: ACR: %v", u.Sub, err)
	}
	if u.Password == "" {
		u.Password = s.oauth.Source.Handle("password")
	}
	s.oauth.Registry.PutUser(u)
	return u
}

// Users returns the users who can log in, oldest first, without their
// passwords.
func (s *Server) Users() []User { return s.oauth.Registry.Users() }
