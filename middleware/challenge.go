package middleware

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/scopes"
)

// retryAfter is the value of Retry-After in a 503 response, in seconds. It is
// long enough for a failed fetch of the keys to be retried.
const retryAfter = "2"

// SetHeader sets the header fields of the response to a refused request: the
// challenge (RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1), Cache-Control and, for
// 503, Retry-After. [Verifier.Authorize] calls it for its refusals, and so do
// the adapters' Answer functions. The Code and the Description of an Error that
// a caller built are left out of the challenge unless they are printable ASCII
// without quotes and backslashes (RFC 6750 §3). HTTP/2 would drop a field with
// a control character, and the client would receive a 401 without a challenge.
func (e *Error) SetHeader(h http.Header) {
	h.Set("Cache-Control", "no-store")
	// The loop removes fields that describe the response that the refusal
	// replaces. It does not remove Content-Encoding: if that field is already
	// set, an outer middleware encodes everything that is written (RFC 9110
	// §8.4).
	for _, name := range [...]string{"Content-Length", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	if e.Code == CodeUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	if e.Code == CodeUnavailable || e.Code == CodeInternal {
		return // no challenge: a client that received invalid_token would discard a valid token
	}
	var b strings.Builder
	b.WriteString(`Bearer realm="` + cmp.Or(e.realm, "api") + `"`)
	add := func(name, value string) {
		if quotable(value) {
			b.WriteString(", " + name + `="` + value + `"`)
		}
	}
	if e.Code != CodeNoToken {
		add("error", string(e.Code))
		add("error_description", e.Description)
	}
	add("scope", e.Scope.String())
	add("acr_values", scopes.Of(e.ACR...).String()) // drops values that are not valid in a space-separated list
	if e.MaxAge > 0 {
		add("max_age", strconv.FormatInt(max(1, int64(e.MaxAge/time.Second)), 10)) // 0 asks for a login each time
	}
	add("resource_metadata", e.metadata)
	h.Set("WWW-Authenticate", b.String())
}

// quotable reports whether text can appear in a challenge without escaping: it
// must not be empty, and must consist of printable ASCII characters other than
// quote and backslash, as RFC 6750 §3 requires for error_description.
func quotable(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return text != ""
}
