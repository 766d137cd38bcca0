package control

import "encoding/json"

// Logout is a request to send a logout token. The members other than Receiver
// change properties of a valid token.
type Logout struct {
	Receiver string                     `json:"receiver,omitzero"` // the URL; if it is "", the token is not sent
	Sub      string                     `json:"sub,omitzero"`
	SID      string                     `json:"sid,omitzero"`
	ClientID string                     `json:"client_id,omitzero"`
	Aud      Texts                      `json:"aud,omitzero"`
	Claims   map[string]json.RawMessage `json:"claims,omitzero"`
	Without  []string                   `json:"without,omitzero"` // names of claims to leave out
	Header   map[string]json.RawMessage `json:"header,omitzero"`
	Alg      string                     `json:"alg,omitzero"`
	Defect   string                     `json:"defect,omitzero"`
}

// Transmit is a request to send a security event token. Sub and SID identify
// the subject of the token.
type Transmit struct {
	Event         string                     `json:"event"`            // a short name or a URI
	Payload       map[string]json.RawMessage `json:"payload,omitzero"` // the members of the event
	Authorization string                     `json:"authorization,omitzero"`
	Logout
}

// Receipt contains a token, and the response of the receiver to which the token
// was sent. If the token was not sent, only Token is set.
type Receipt struct {
	Token      string `json:"token"`
	Status     int    `json:"status,omitzero"`
	RetryAfter string `json:"retry_after,omitzero"`
	Body       string `json:"body,omitzero"`
}
