package testserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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
	body, _ := json.Marshal(members) // texts alone
	f := instead(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
	if !isErrorCode(code) {
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

// chain is several faults in one, the first outermost: chain(Latency(d),
// Status(503)) answers 503 after d. What comes after a fault that asks the
// endpoint nothing has no effect.
func chain(f ...Fault) Fault {
	chain := Fault{}
	if len(f) == 0 {
		chain.err = errors.New("a chain of nothing is not a fault")
	}
	for i, link := range f {
		switch {
		case link.err != nil:
			chain.err = errors.Join(chain.err, link.err)
		case link.wrap == nil:
			chain.err = errors.Join(chain.err, fmt.Errorf("fault %d of the chain is missing", i+1))
		case link.only != nil && chain.only != nil:
			chain.only = slices.DeleteFunc(slices.Clone(chain.only), func(ep Endpoint) bool { return !slices.Contains(link.only, ep) })
		case link.only != nil:
			chain.only = link.only
		}
	}
	f = slices.Clone(f)
	chain.wrap = func(next http.Handler) http.Handler {
		for _, link := range slices.Backward(f) {
			if next = link.wrap(next); next == nil {
				return nil
			}
		}
		return next
	}
	return chain
}
