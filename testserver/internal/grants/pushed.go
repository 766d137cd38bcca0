package grants

import (
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Pushed is a pushed authorization request (RFC 9126). A used request stays
// stored without Form and Hinted, so that reuse is detected.
type Pushed struct {
	Client  string
	Form    url.Values `json:",omitempty"`
	Hinted  string     `json:",omitempty"` // the subject of the id_token_hint; the hint itself is not stored
	Expires time.Time
	Used    bool
}

// PagesTTL is how much longer a user can log in and consent after the pushed
// request has expired, if a browser opened a page in time. The documentation of
// package testserver states the value.
const PagesTTL = 10 * time.Minute

// UsePushed marks a pushed request as used. It returns false if the request is
// unknown or was used before.
func (g *State) UsePushed(d token.Digest) bool {
	p, known := g.Pushed.Get(d)
	if !known || p.Used {
		return false
	}
	p.Used, p.Form, p.Hinted = true, nil, ""
	return true
}
