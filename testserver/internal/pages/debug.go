package pages

import (
	"net/http"
	"slices"
	"time"
)

// DebugPage shows the state of the server. Apart from the CSRF token of the
// form, only the field Token may contain a secret.
type DebugPage struct {
	Form
	Issuer    string
	Clients   []DebugClient
	Others    int // number of clients not shown
	Keys      []DebugKey
	Users     []User
	Faults    []DebugFault
	Now       time.Time // time of the server's clock
	Links     []Link
	Requests  []DebugRequest // newest first; see Grouped
	Filter    Filter
	Endpoints []string // choices of the filter
	Defects   []string // choices of the mint form
	Mint      MintForm // initial values of the mint form
	Token     string   // the token that was just minted; shown only once
	Error     string   // why nothing was minted or rotated
}

// DebugClient is a registered client.
type DebugClient struct {
	ID                   string
	Public               bool
	RedirectURIs, Grants []string
	Scopes               []string // empty means any
}

// DebugFault is a fault that a test or a user has added.
type DebugFault struct {
	Endpoint   string
	Hits       int
	Left, Skip int // Skip: requests before the fault applies; Left: remaining requests with the fault, 0 for no limit
}

// Filter selects requests. An empty field matches every request.
type Filter struct{ Endpoint, Client string }

// Fits reports whether r matches the filter.
func (f Filter) Fits(r DebugRequest) bool {
	return (f.Endpoint == "" || f.Endpoint == r.Endpoint) && (f.Client == "" || f.Client == r.ClientID)
}

// DebugKey is a signing key.
type DebugKey struct {
	ID, Alg            string
	Published, Signing bool
}

// DebugRequest is a recorded request. Fingerprints replace its secrets and
// tokens.
type DebugRequest struct {
	Time             time.Time
	Method, Endpoint string
	ClientID         string // "" if no client was identified
	Status           int    // 0 until the response is sent
	Injected         bool   // a fault produced the response
	Form             []Field
	Times            int // number of merged requests: see Grouped
}

// Grouped merges consecutive requests that differ only in their time. A merged
// request has the time of the first of these requests in the list, and its
// field Times counts them.
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

// Debug writes the debug page. The directive form-action of this page allows
// only this server as the target of forms.
func Debug(w http.ResponseWriter, p DebugPage) { write(w, http.StatusOK, "debug", thisServer, p) }
