package grants

import "time"

// Code is an authorization code (RFC 6749 §4.1.2). A used code stays stored so
// that its reuse is detected.
type Code struct {
	Family      Family // the template of the grant; it has no ID yet
	RedirectURI string
	Stated      bool   // redirect_uri was in the request
	Challenge   string // "" without PKCE
	Key         string `json:",omitempty"` // dpop_jkt: the DPoP key that the token request must use (RFC 9449 §10); "" means any
	Expires     time.Time
	FamilyID    string // "" until the code is used
}
