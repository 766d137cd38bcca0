package as

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

func invalidRequest(description string) *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid_request", description: description}
}

// invalidClient is the refusal of credentials, which names the scheme to use if
// they came in the Authorization field (RFC 6749 §5.2).
func invalidClient(description string, field bool) *failure {
	return &failure{status: http.StatusUnauthorized, code: "invalid_client", description: description, challenge: field}
}

func (f *failure) send(w http.ResponseWriter) {
	if f.challenge {
		w.Header().Set("WWW-Authenticate", `Basic realm="testserver", charset="UTF-8"`)
	}
	body, _ := json.Marshal(struct { // of two strings
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{f.code, f.description})
	sendText(w, f.status, "application/json", body)
}
