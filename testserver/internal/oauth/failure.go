package oauth

import (
	"encoding/json"
	"net/http"
)

// failure is an error as RFC 6749 §5.2 writes it. Its texts are constants: no
// part of a request is sent back.
type failure struct {
	status            int
	code, description string
	challenge         bool // for credentials in the Authorization field
}

// The error codes of resource servers (RFC 6750 §3.1).
const (
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

func invalidRequest(description string) *failure { return refused("invalid_request", description) }

// invalidClient is the refusal of credentials, which names the scheme to use if
// they came in the Authorization field (RFC 6749 §5.2).
func invalidClient(description string, field bool) *failure {
	return &failure{status: http.StatusUnauthorized, code: "invalid_client", description: description, challenge: field}
}

func refused(code, description string) *failure {
	return &failure{status: http.StatusBadRequest, code: code, description: description}
}

func invalidGrant(description string) *failure  { return refused("invalid_grant", description) }
func invalidScope(description string) *failure  { return refused("invalid_scope", description) }
func invalidTarget(description string) *failure { return refused("invalid_target", description) }

// serverError is of a signer that a test put in, which can fail.
func serverError() *failure {
	return &failure{status: http.StatusInternalServerError, code: "server_error", description: "the token could not be signed"}
}

func (f *failure) send(w http.ResponseWriter) {
	if f.challenge {
		w.Header().Set("WWW-Authenticate", basicChallenge)
	}
	body, _ := json.Marshal(struct { // of two strings
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{f.code, f.description})
	sendText(w, f.status, "application/json", body)
}
