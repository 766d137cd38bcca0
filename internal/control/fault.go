package control

// Fault makes an endpoint fail or respond late. It has one kind of failure,
// Latency, or both.
type Fault struct {
	Endpoint string `json:"endpoint"`

	Status           int       `json:"status,omitzero"`
	RetryAfter       *Duration `json:"retry_after,omitzero"` // with Status, or 503
	Error            string    `json:"error,omitzero"`       // an OAuth error code (RFC 6749 §5.2)
	ErrorDescription string    `json:"error_description,omitzero"`
	RedirectTo       string    `json:"redirect_to,omitzero"`
	Latency          *Duration `json:"latency,omitzero"`
	Hang             bool      `json:"hang,omitzero"`
	Drop             bool      `json:"drop,omitzero"`
	Truncate         *int      `json:"truncate,omitzero"` // after this many bytes
	Malformed        bool      `json:"malformed,omitzero"`
	ContentType      string    `json:"content_type,omitzero"`
	Body             *string   `json:"body,omitzero"` // with ContentType
	Huge             int64     `json:"huge,omitzero"` // bytes
	EmptyJWKS        bool      `json:"empty_jwks,omitzero"`
	Issuer           string    `json:"issuer,omitzero"` // a wrong issuer for metadata

	Times  int    `json:"times,omitzero"`  // 0: all requests
	Skip   int    `json:"skip,omitzero"`   // requests that pass first
	Client string `json:"client,omitzero"` // a client_id
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
