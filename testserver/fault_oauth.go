package testserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
)

// OAuthError answers as the token endpoint refuses (RFC 6749 §5.2): 400, for
// invalid_client 401, and for server_error and temporarily_unavailable 500 and
// 503. The endpoint does nothing. An authorization is refused by
// [Server.DenyNext].
func OAuthError(code, description string) Fault {
	status := refusalStatus(code)
	members := map[string]string{"error": code}
	if description != "" {
		members["error_description"] = description
	}
	body, _ := json.Marshal(members) // only texts
	f := instead(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
	if !registry.IsErrorCode(code) {
		f.err = fmt.Errorf("OAuthError(%q): that is no error code (RFC 6749 §5.2)", code)
	}
	return f
}

// refusalStatus is the status that goes with an error code.
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
