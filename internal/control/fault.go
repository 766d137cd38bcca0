package control

// Fault makes an endpoint fail. It does one thing, which Latency can come before.
type Fault struct {
	Endpoint string `json:"endpoint"`

	Status           int       `json:"status,omitzero"`
	RetryAfter       *Duration `json:"retry_after,omitzero"` // with Status, or 503
	Error            string    `json:"error,omitzero"`       // as the token endpoint refuses
	ErrorDescription string    `json:"error_description,omitzero"`
	RedirectTo       string    `json:"redirect_to,omitzero"`
	Latency          *Duration `json:"latency,omitzero"`
	Hang             bool      `json:"hang,omitzero"`
	Drop             bool      `json:"drop,omitzero"`
	Truncate         *int      `json:"truncate,omitzero"` // after so many bytes
	Malformed        bool      `json:"malformed,omitzero"`
	ContentType      string    `json:"content_type,omitzero"`
	Body             *string   `json:"body,omitzero"` // with ContentType
	Huge             int64     `json:"huge,omitzero"` // bytes
	EmptyJWKS        bool      `json:"empty_jwks,omitzero"`
	Issuer           string    `json:"issuer,omitzero"` // a wrong one, in metadata

	Times  int    `json:"times,omitzero"`  // 0: always
	Skip   int    `json:"skip,omitzero"`   // requests that pass first
	Client string `json:"client,omitzero"` // a client_id
}

// Injection is a fault at work.
type Injection struct {
	ID   int `json:"id"`
	Hits int `json:"hits"`
	Fault
}

// Faults are those at work, the oldest first.
type Faults struct {
	Faults []Injection `json:"faults"`
}
