package control

// Fault makes an endpoint fail, respond late, or both. Set Latency for a late
// response. Set the members of at most one kind of failure.
type Fault struct {
	Endpoint string `json:"endpoint"`

	Status           int       `json:"status,omitzero"`
	RetryAfter       *Duration `json:"retry_after,omitzero"` // sent with the status in Status; if Status is 0, with 503
	Error            string    `json:"error,omitzero"`       // an OAuth error code (RFC 6749 §5.2)
	ErrorDescription string    `json:"error_description,omitzero"`
	RedirectTo       string    `json:"redirect_to,omitzero"`
	Latency          *Duration `json:"latency,omitzero"`
	Hang             bool      `json:"hang,omitzero"`
	Drop             bool      `json:"drop,omitzero"`
	Truncate         *int      `json:"truncate,omitzero"` // the body ends after this many bytes
	Malformed        bool      `json:"malformed,omitzero"`
	ContentType      string    `json:"content_type,omitzero"`
	Body             *string   `json:"body,omitzero"` // sent with ContentType
	Huge             int64     `json:"huge,omitzero"` // size of the body in bytes
	EmptyJWKS        bool      `json:"empty_jwks,omitzero"`
	Issuer           string    `json:"issuer,omitzero"` // a wrong issuer in metadata

	Times  int    `json:"times,omitzero"`  // number of requests that fail; 0 means all
	Skip   int    `json:"skip,omitzero"`   // number of requests that succeed before the first failure
	Client string `json:"client,omitzero"` // only requests of the client with this client_id fail
}

// Injection is an active fault.
type Injection struct {
	ID   int `json:"id"`
	Hits int `json:"hits"`
	Fault
}

// Faults lists the active faults, the oldest first.
type Faults struct {
	Faults []Injection `json:"faults"`
}
