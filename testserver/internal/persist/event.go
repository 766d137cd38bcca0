package persist

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Kind says what happened to a token.
type Kind string

// The kinds, of which there are no others.
const (
	Issued        Kind = "issued"
	Refreshed     Kind = "refreshed"
	ReuseDetected Kind = "reuse_detected" // of a refresh token or a code
	Revoked       Kind = "revoked"
	Introspected  Kind = "introspected"
	Used          Kind = "used"
	Denied        Kind = "denied"
	Pushed        Kind = "pushed"     // an authorization request
	Registered    Kind = "registered" // a client, by a request, or what it has changed since
	Unregistered  Kind = "unregistered"
)

func (k Kind) known() bool {
	switch k {
	case Issued, Refreshed, ReuseDetected, Revoked, Introspected, Used, Denied, Pushed, Registered, Unregistered:
		return true
	}
	return false
}

// Event is one entry of the audit log. What does not apply is empty and is not
// written; the order of the members is this one.
type Event struct {
	Time        time.Time `json:"time"`
	Kind        Kind      `json:"kind"`
	ClientID    string    `json:"client_id,omitempty"`
	Sub         string    `json:"sub,omitempty"`
	Fingerprint string    `json:"fingerprint,omitempty"` // 16 hexadecimal digits, never the token
	Family      string    `json:"family,omitempty"`      // of the refresh token
	Scopes      []string  `json:"scopes,omitempty"`
	Reason      string    `json:"reason,omitempty"` // a constant, not what a client sent
}

// line is e as it is written: one line, its end included.
func (e *Event) line() ([]byte, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("audit log: writing an event as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// hidden returns text if it is a fingerprint, and else its fingerprint: a token
// put there by mistake is not written.
func hidden(text string) string {
	if text == "" || isFingerprint(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func isFingerprint(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == 16
}
