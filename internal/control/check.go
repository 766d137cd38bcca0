package control

import "encoding/json"

// Check asks for every kind of bad token to be sent to an API, with a request that
// it answers with 2xx when the token is good.
type Check struct {
	URL    string           `json:"url"`
	Method string           `json:"method,omitzero"` // GET, if empty
	Header map[string]Texts `json:"header,omitzero"`
	Body   string           `json:"body,omitzero"`

	// What the API wants of tokens.
	Scope  Scopes                     `json:"scope,omitzero"`
	Aud    Texts                      `json:"aud,omitzero"`
	Alg    string                     `json:"alg,omitzero"`
	Claims map[string]json.RawMessage `json:"claims,omitzero"`

	// RequireClaim has the values, such as roles, that the route needs in claims.
	RequireClaim map[string]Texts `json:"require_claim,omitzero"`

	Skip []string `json:"skip,omitzero"` // defects that it accepts on purpose
	Also []string `json:"also,omitzero"` // defects that another API may accept
}

// Checked is how the API did.
type Checked struct {
	URL     string        `json:"url"`
	OK      bool          `json:"ok"`
	Results []CheckResult `json:"results"`
}

// CheckResult is one thing that was looked for. What follows OK is there only for a
// failure, and for people.
type CheckResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  string `json:"got,omitzero"`
	Want string `json:"want,omitzero"`
	Sent string `json:"sent,omitzero"`
	Why  string `json:"why,omitzero"`
	Fix  string `json:"fix,omitzero"`
}
