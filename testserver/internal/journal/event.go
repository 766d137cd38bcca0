package journal

import (
	"encoding/json"
	"fmt"
	"time"
)

// These are the kinds of events.
const (
	Issued        = "issued"
	Refreshed     = "refreshed"
	ReuseDetected = "reuse_detected" // a refresh token or a code was used again
	Revoked       = "revoked"
	Introspected  = "introspected"
	Used          = "used"
	Denied        = "denied"
	Pushed        = "pushed"     // an authorization request was pushed
	Registered    = "registered" // a client was registered or updated by a registration request
	Unregistered  = "unregistered"
	LogoutSent    = "logout_sent" // a logout token was sent to a client
)

func isKind(kind string) bool {
	switch kind {
	case Issued, Refreshed, ReuseDetected, Revoked, Introspected, Used, Denied, Pushed, Registered, Unregistered, LogoutSent:
		return true
	}
	return false
}

// Event is one line of the audit log. It contains no token. Fields that do not
// apply to the event are empty and are not written. The other fields are
// written in the order in which they are declared.
type Event struct {
	Time        time.Time `json:"time"`
	Kind        string    `json:"kind"` // issued, refreshed, reuse_detected, revoked, introspected, used, denied, pushed, registered, unregistered or logout_sent
	ClientID    string    `json:"client_id,omitempty"`
	Sub         string    `json:"sub,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"` // first 8 bytes, in hex, of the SHA-256 of the token or the code
	Family      string    `json:"family,omitempty"`      // the ID of the grant of the tokens
	Scopes      []string  `json:"scopes,omitempty"`
	Reason      string    `json:"reason,omitempty"` // the grant type, the error code, the status of the client's answer to a logout token, or the cause of the event; never text from a client
}

// line returns e as one line of JSON, including the line end.
func (e *Event) line() ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("audit log: encoding an event as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// hidden returns a fingerprint unchanged. For any other text, it returns the
// fingerprint of the text. A token that is passed by mistake is therefore not
// written.
func hidden(text string) string {
	if text == "" || isFingerprint(text) {
		return text
	}
	return Fingerprint(text)
}

func isFingerprint(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == 16
}
