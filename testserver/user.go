package testserver

import (
	"fmt"
	"log/slog"
	"maps"

	"github.com/bearerguard/bearerguard/testserver/internal/as"
)

// User is somebody who can log in. Printed or logged it shows its subject alone.
type User struct {
	Sub      string // what tokens call it
	Username string // what it types; "" means Sub
	Password string

	// Claims are what UserInfo and ID tokens say, beyond sub. The standard claims
	// need their scope, profile, email, address or phone (OpenID Connect Core 1.0
	// §5.4); others need none.
	Claims map[string]any
}

// String names the user without showing its password.
func (u User) String() string { return fmt.Sprintf("user %q", u.Sub) }

// GoString is String, for %#v.
func (u User) GoString() string { return u.String() }

// LogValue is String, for log/slog.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

func (u User) inner() as.User {
	if u.Username == "" {
		u.Username = u.Sub
	}
	return as.User{Sub: u.Sub, Username: u.Username, Password: u.Password, Claims: maps.Clone(u.Claims)}
}

func outerUser(u as.User) User {
	return User{Sub: u.Sub, Username: u.Username, Password: u.Password, Claims: u.Claims}
}

// Users registers those who can log in. The first one does unless something else
// is said. Without the option there is one: test-user with the password
// test-password, a name and an email.
func Users(u ...User) Option {
	return serverOption(func(c *config) {
		for _, user := range u {
			if user.Sub == "" {
				c.fail("Users: a user has no Sub")
			}
			for _, other := range c.Users {
				if other.Sub == user.Sub || other.Username == user.inner().Username {
					c.fail("Users: user %q is there twice", user.Sub)
				}
			}
			c.Users = append(c.Users, user.inner())
		}
	})
}

// AddUser registers a user while the server runs, in place of one with its
// subject, and returns it with what was empty filled in: a subject and a
// password.
func (s *Server) AddUser(u User) User {
	if u.Sub == "" {
		u.Sub = "user-" + s.as.Source.Name("user")
	}
	if u.Username == "" {
		u.Username = u.Sub
	}
	if u.Password == "" {
		u.Password = s.as.Source.Handle("password")
	}
	s.as.AddUser(u.inner())
	return u
}
