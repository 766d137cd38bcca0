package pages

import (
	"net/http"
	"time"
)

// DebugPage shows the server from within. The caller keeps secrets out of it,
// except for Token.
type DebugPage struct {
	Form
	Issuer   string
	Clients  []DebugClient
	Keys     []DebugKey
	Requests []DebugRequest // in the order in which they are shown
	Defects  []string       // that a token can be minted with
	Mint     MintForm       // what the form begins with
	Token    string         // just minted: it is shown now and never again
	Error    string         // why nothing was minted or rotated
}

// DebugClient is a registered client.
type DebugClient struct {
	ID                   string
	Public               bool
	RedirectURIs, Grants []string
	Scopes               []string // none means any
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
}

// MintForm is the input of the mint form.
type MintForm struct{ ClientID, Subject, Audience, Scope, ExpiresIn, Defect string }

// Debug writes the debug page. Its forms end on this server.
func Debug(w http.ResponseWriter, p DebugPage) { write(w, http.StatusOK, "debug", thisServer, p) }
