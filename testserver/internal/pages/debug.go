package pages

import (
	"net/http"
	"slices"
	"time"
)

// DebugPage shows the server from within. The caller keeps secrets out of it,
// except for Token.
type DebugPage struct {
	Form
	Issuer    string
	Clients   []DebugClient
	Others    int // clients that are not shown
	Keys      []DebugKey
	Users     []Person
	Faults    []DebugFault
	Now       time.Time // by the server's clock
	Links     []Link
	Requests  []DebugRequest // the newest first; equal ones that follow each other are shown as one
	Filter    Filter
	Endpoints []string // that can be chosen in the filter
	Defects   []string // that a token can be minted with
	Mint      MintForm // what the form begins with
	Token     string   // just minted: it is shown now and never again
	Error     string   // why nothing was minted or rotated
}

// DebugClient is a registered client.
type DebugClient struct {
	ID                   string
	Public               bool
	RedirectURIs, Grants []string
	Scopes               []string // none means any
}

// DebugFault is a fault that somebody asked for.
type DebugFault struct {
	Endpoint   string
	Hits       int
	Left, Skip int // 0 for no end, and none
}

// Filter chooses requests; "" lets all through.
type Filter struct{ Endpoint, Client string }

// Fits reports whether the filter lets r through.
func (f Filter) Fits(r DebugRequest) bool {
	return (f.Endpoint == "" || f.Endpoint == r.Endpoint) && (f.Client == "" || f.Client == r.ClientID)
}

// DebugKey is a signing key.
type DebugKey struct {
	ID, Alg            string
	Published, Signing bool
}

// DebugRequest is a recorded request, secrets and tokens in it replaced by
// fingerprints.
type DebugRequest struct {
	Time             time.Time
	Method, Endpoint string
	ClientID         string // "" if it named none
	Status           int    // 0 while there is no answer
	Injected         bool   // the answer was a fault that somebody asked for
	Form             []Field
	Times            int // how many there were: see Grouped
}

// Grouped puts equal requests that follow each other into one, which has the time of
// the first in the list.
func Grouped(requests []DebugRequest) (groups []DebugRequest) {
	for _, r := range requests {
		r.Times = 1
		if last := len(groups) - 1; last >= 0 && groups[last].same(r) {
			groups[last].Times++
			continue
		}
		groups = append(groups, r)
	}
	return groups
}

func (r DebugRequest) same(other DebugRequest) bool {
	return r.Method == other.Method && r.Endpoint == other.Endpoint && r.ClientID == other.ClientID && r.Status == other.Status &&
		r.Injected == other.Injected && slices.Equal(r.Form, other.Form)
}

// MintForm is the input of the mint form.
type MintForm struct{ ClientID, Subject, Audience, Scope, ExpiresIn, Defect string }

// Debug writes the debug page. Its forms end on this server.
func Debug(w http.ResponseWriter, p DebugPage) { write(w, http.StatusOK, "debug", thisServer, p) }
