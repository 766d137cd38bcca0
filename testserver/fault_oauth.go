package testserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// OAuthError responds with an OAuth error, in the format that RFC 6749 §5.2
// defines for the token endpoint. It can be injected at any endpoint, whose
// handler is then not called. The status is 401 for invalid_client, 500 for
// server_error, 503 for temporarily_unavailable and 400 for every other code.
// To make an authorization fail, use [Server.DenyNext].
func OAuthError(code, description string) Fault {
	status := refusalStatus(code)
	members := map[string]string{"error": code}
	if description != "" {
		members["error_description"] = description
	}
	body, _ := json.Marshal(members) // cannot fail: only strings
	f := replaceResponse(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
	if !registry.IsErrorCode(code) {
		f.err = fmt.Errorf("OAuthError(%q): give an error code such as invalid_grant (RFC 6749 §5.2)", code)
	}
	return f
}

// refusalStatus returns the HTTP status for an error code.
func refusalStatus(code string) int {
	switch code {
	case "invalid_client":
		return http.StatusUnauthorized
	case "server_error":
		return http.StatusInternalServerError
	case "temporarily_unavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
