package grants

import (
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Pushed is an authorization request that waits for its browser (RFC 9126). Once
// used it is kept, to be recognised, and Form is not.
type Pushed struct {
	Client  string
	Form    url.Values `json:",omitempty"`
	Hinted  string     `json:",omitempty"` // the subject of the id_token_hint, which is not kept itself
	Expires time.Time
	Used    bool
}

// PagesTTL is how long a browser that has begun with a pushed request may take on
// the pages after the request has expired. It is stated in the documentation of
// package testserver.
const PagesTTL = 10 * time.Minute

// UsePushed uses a pushed request up; false if it is unknown or was used before.
func (g *State) UsePushed(d token.Digest) bool {
	p, known := g.Pushed.Get(d)
	if !known || p.Used {
		return false
	}
	p.Used, p.Form, p.Hinted = true, nil, ""
	return true
}
