package grants

import (
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Family is one grant: the grant of an end user, or of a client that acts for
// itself. All tokens that are issued for the grant belong to the family. The
// refresh tokens are computed from ID and Generation: see [RefreshToken].
type Family struct {
	ID        string
	Client    string
	Sub       string
	OfClient  bool `json:",omitempty"` // Sub is the client itself, not a user
	Scopes    []string
	Resources []string
	Details   []string `json:",omitempty"` // authorization_details, each as JSON
	Claims    string   `json:",omitempty"` // the claims parameter of the authorization request
	Nonce     string
	ACR       string
	AuthTime  time.Time
	Kind      catalogue.Grant

	SID string `json:",omitempty"` // the session in which the user logged in; "" unless the client receives logout tokens

	Certificate string `json:",omitempty"` // refresh tokens of a public client are bound to this x5t#S256 (RFC 8705 §4)

	Key string `json:",omitempty"` // refresh tokens of a public client are bound to this jkt (RFC 9449 §5)

	Origins []token.Digest `json:",omitempty"` // the tokens that were exchanged for the token of this grant, directly or indirectly

	Generation     int // 0 means no refresh token
	RotatedAt      time.Time
	RefreshExpires time.Time
	Ends           time.Time // the latest expiry of the family's tokens
	Revoked        bool
}
