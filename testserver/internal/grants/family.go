package grants

import (
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Family is one grant, from an end user or from a client for itself, with all
// tokens that were issued for it. The refresh tokens are computed from ID and
// Generation: see [RefreshToken].
type Family struct {
	ID        string
	Client    string
	Sub       string
	OfClient  bool `json:",omitempty"` // Sub is the client itself, not a user
	Scopes    []string
	Resources []string
	Details   []string `json:",omitempty"` // authorization_details, each as JSON
	Claims    string   `json:",omitempty"` // the parameter of that name
	Nonce     string
	ACR       string
	AuthTime  time.Time
	Kind      catalogue.Grant

	Origins []token.Digest `json:",omitempty"` // the tokens that this one was exchanged for, directly or indirectly

	Generation     int // 0 means no refresh token
	RotatedAt      time.Time
	RefreshExpires time.Time
	Ends           time.Time // when its last token expires
	Revoked        bool
}
