package registry

import (
	"crypto/sha256"
	"fmt"
	"log/slog"

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
