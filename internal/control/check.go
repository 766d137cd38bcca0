package control

import "encoding/json"

// Check is a request to send every kind of bad token to an API. URL, Method,
// Header and Body describe a request that the API answers with 2xx if the token
// is good.
type Check struct {
	URL    string           `json:"url"`
	Method string           `json:"method,omitzero"` // "" means GET
	Header map[string]Texts `json:"header,omitzero"`
	Body   string           `json:"body,omitzero"`

	// These members describe what the API requires of tokens.
	Scope  Scopes                     `json:"scope,omitzero"`
	Aud    Texts                      `json:"aud,omitzero"`
	Alg    string                     `json:"alg,omitzero"`
	Claims map[string]json.RawMessage `json:"claims,omitzero"`

	// RequireClaim maps each claim to values, such as roles. The route requires
	// all of them.
	RequireClaim map[string]Texts `json:"require_claim,omitzero"`

	RequireACR        Texts    `json:"require_acr,omitzero"`         // accepted values of acr, the preferred value first
	RequireAuthWithin Duration `json:"require_auth_within,omitzero"` // maximum time since the login
	RequireMetadata   bool     `json:"require_metadata,omitzero"`

	RequireDPoP       bool   `json:"require_dpop,omitzero"`
	Origin            string `json:"origin,omitzero"` // the base URL at which clients reach the API
	RequireClientCert bool   `json:"require_client_cert,omitzero"`
	ClientCert        string `json:"client_cert,omitzero"` // certificate and private key in PEM; "" means a new certificate
	Roots             string `json:"roots,omitzero"`       // trusted root certificates in PEM, for an https URL

	Skip []string `json:"skip,omitzero"` // defects that the API accepts on purpose
	Also []string `json:"also,omitzero"` // defects that APIs may accept, but this API must refuse
}

// Checked is the result of a check.
type Checked struct {
	URL     string        `json:"url"`
	OK      bool          `json:"ok"`
	Results []CheckResult `json:"results"`
}

// CheckResult is the result for one kind of token. The members after OK explain
// a failure to users. They are set only if OK is false.
type CheckResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  string `json:"got,omitzero"`
	Want string `json:"want,omitzero"`
	Sent string `json:"sent,omitzero"`
	Why  string `json:"why,omitzero"`
	Fix  string `json:"fix,omitzero"`
}
