package grants

import "time"

// Code is an authorization code (RFC 6749 §4.1.2). Once used it is kept, to be
// recognised.
type Code struct {
	Family      Family // before it is one
	RedirectURI string
	Stated      bool   // redirect_uri was in the request
	Challenge   string // "" without PKCE
	Expires     time.Time
	FamilyID    string // once it is used
}
