package middleware

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/scopes"
)

// retryAfter is the value of Retry-After in a 503 response, in seconds. It is
// long enough for a failed fetch of the keys to be retried.
const retryAfter = "2"

// SetHeader sets the header fields of the response to a refused request:
// Cache-Control, for 503 Retry-After, and for every status except 500 and 503
// the challenge (RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1). [Verifier.Authorize]
// and the adapters' Answer functions call SetHeader. In an Error that a caller
// built, Code and Description may contain any text. The challenge contains them
// only if they are printable ASCII without double quotes or backslashes (RFC
// 6750 §3). If the challenge contained a control character, HTTP/2 would drop
// the whole field, and the client would receive a 401 without a challenge.
func (e *Error) SetHeader(h http.Header) {
	h.Set("Cache-Control", "no-store")
	// These fields describe the response that the refusal replaces, so the loop
	// removes them. It keeps Content-Encoding: if that field is already set, an
	// outer middleware encodes everything that is written (RFC 9110 §8.4).
	for _, name := range [...]string{"Content-Length", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	if e.Code == CodeUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	if e.Code == CodeUnavailable || e.Code == CodeInternal {
		return // no challenge: a client that received invalid_token would discard a valid token
	}
	if e.nonce != "" {
		setNonce(h, e.nonce)
	}
	offers := e.offers
	if offers == nil {
		offers = bearerOnly
	}
	h.Del("WWW-Authenticate")
	for _, scheme := range offers {
		h.Add("WWW-Authenticate", e.challenge(scheme))
	}
}

// setNonce sets the nonce for the client's next proof (RFC 9449 §8.2, §9). A
// response with a nonce must not be cached.
func setNonce(h http.Header, nonce string) {
	h.Set("DPoP-Nonce", nonce)
	h.Set("Cache-Control", "no-store")
}

// concerns reports whether the challenge of a scheme contains the error.
// Normally only the challenge of the request's scheme contains the error. All
// challenges contain the error if the request has no scheme, if the API does
// not offer the request's scheme, or if a token that is bound to a key was sent
// as a bearer token.
func (e *Error) concerns(scheme string) bool {
	return e.scheme == scheme || !slices.Contains(e.offers, e.scheme) || errors.Is(e.Err, ErrBound)
}

// challenge returns the challenge of a scheme.
func (e *Error) challenge(scheme string) string {
	var b strings.Builder
	b.WriteString(scheme + ` realm="` + cmp.Or(e.realm, "api") + `"`)
	add := func(name, value string) {
		if quotable(value) {
			b.WriteString(", " + name + `="` + value + `"`)
		}
	}
	if e.Code != CodeNoToken && e.concerns(scheme) {
		add("error", string(e.Code))
		add("error_description", e.Description)
	}
	add("scope", e.Scope.String())
	add("acr_values", scopes.Of(e.ACR...).String()) // drops values that are not valid in a space-separated list
	if e.MaxAge > 0 {
		add("max_age", strconv.FormatInt(max(1, int64(e.MaxAge/time.Second)), 10)) // 0 would ask for a login each time
	}
	if scheme == schemeDPoP {
		add("algs", e.algorithms)
	}
	add("resource_metadata", e.metadata)
	return b.String()
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
