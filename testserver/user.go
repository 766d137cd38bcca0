package testserver

import (
	"cmp"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// User is somebody who can log in: a Sub, which tokens call it by, a Username,
// which is Sub if it is empty, a Password, and the Claims of UserInfo and ID tokens
// beyond sub. The standard claims need their scope, profile, email, address or
// phone (OpenID Connect Core 1.0 §5.4), unless the client asks for them by name
// (§5.5); others need none. AccessClaims, named as for [Claim], are added to the
// access tokens of the token endpoint that are about the user. Printed or logged it
// shows only its subject.
type User = registry.User

// Users registers those who can log in. The first one does unless something else
// is said. Without the option there is one: test-user with the password
// test-password, a name and an email.
func Users(u ...User) Option {
	return serverOption(func(c *config) {
		for _, user := range u {
			user.Username = cmp.Or(user.Username, user.Sub)
			if user.Sub == "" {
				c.fail("Users: a user has no Sub")
			}
			if err := registry.CheckAccessClaims(user.AccessClaims); err != nil {
				c.fail("Users: user %q: AccessClaims: %w", user.Sub, err)
			}
			for _, other := range c.Users {
				if other.Sub == user.Sub || other.Username == user.Username {
					c.fail("Users: user %q is there twice", user.Sub)
				}
			}
			c.Users = append(c.Users, user)
		}
	})
}

// AddUser registers a user while the server runs, in place of one with its
// subject, and returns it with what was empty filled in: a subject, a username and
// a password.
func (s *Server) AddUser(u User) User {
	if u.Sub == "" {
		u.Sub = "user-" + s.oauth.Source.Name("user")
	}
	u.Username = cmp.Or(u.Username, u.Sub)
	if err := registry.CheckAccessClaims(u.AccessClaims); err != nil {
		s.helper()
		s.fail("AddUser: user %q: AccessClaims: %v", u.Sub, err)
	}
	if u.Password == "" {
		u.Password = s.oauth.Source.Handle("password")
	}
	s.oauth.Registry.PutUser(u)
	return u
}

// Users are those who can log in, the oldest first, without their passwords.
func (s *Server) Users() []User { return s.oauth.Registry.Users() }
